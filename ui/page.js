// What Gradio cannot say by itself, mended whenever the page changes.
() => {
  const mend = () => {
    // The answer is read out when it changes, a problem at once.
    document.querySelectorAll('#answer, #explore-answer, #training').forEach((part) => { part.ariaLive = 'polite'; });
    document.querySelectorAll('.block.problem').forEach((part) => part.setAttribute('role', 'alert'));
    // The upload button is named after what it shows: Gradio's own name differs, and comes back with every new button.
    document.querySelectorAll('button.upload-container').forEach((button) => {
      const shown = button.innerText.trim();
      if (shown && button.ariaLabel !== shown) button.ariaLabel = shown;
    });
    // Times are written as the reader's clock has them.
    document.querySelectorAll('time[datetime]:not([data-local])').forEach((time) => {
      time.dataset.local = '1';
      const at = new Date(time.dateTime);
      const language = document.documentElement.lang || 'fr';
      if (!isNaN(at)) time.textContent = at.toLocaleString(language, { dateStyle: 'short', timeStyle: 'short' });
    });
    // Gradio says in English that the server is away.
    const said = document.querySelector('#said [data-lost]')?.dataset;
    document.querySelectorAll('.toast-message-text').forEach((text) => {
      if (said && text.innerText.startsWith('Connection to the server was lost')) {
        text.innerText = said.lost;
        const title = text.closest('.toast-body')?.querySelector('.toast-title');
        if (title) title.innerText = said.wait;
      }
    });
    const more = document.querySelector('.overflow-menu > button');
    if (said && more && more.ariaLabel !== said.more) more.ariaLabel = said.more;
  };
  // What is typed into a list replaces what was chosen there.
  document.addEventListener('focusin', ({ target }) => {
    if (!target.matches?.('input[role=combobox]')) return;
    target.select();
    target.addEventListener('mouseup', (event) => event.preventDefault(), { once: true });
  });
  let waiting = false;
  new MutationObserver(() => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; mend(); });
  }).observe(document.body, { childList: true, subtree: true });
  mend();
}
