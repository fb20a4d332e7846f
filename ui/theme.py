"""How the page looks: colours and shapes for Gradio's own parts. The rest is `page.css`."""

from pathlib import Path

import gradio as gr
from gradio.themes.utils import colors, sizes

CSS = Path(__file__).with_name("page.css")

# Fonts that are on the reader's machine: the page asks nothing of the outside.
FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "sans-serif")
MONO = ("ui-monospace", "SFMono-Regular", "Consolas", "Liberation Mono", "monospace")


def theme() -> gr.themes.Base:
    """Warm paper and deep green by day, slate by night."""
    return gr.themes.Base(
        primary_hue=colors.teal,
        secondary_hue=colors.amber,
        neutral_hue=colors.stone,
        radius_size=sizes.radius_lg,
        text_size=sizes.text_md,
        font=[gr.themes.Font(name) for name in FONTS],
        font_mono=[gr.themes.Font(name) for name in MONO],
    ).set(
        body_background_fill="#f7f5f0",
        body_background_fill_dark="#12161a",
        body_text_color="#1d2a2b",
        body_text_color_dark="#e8ecea",
        body_text_color_subdued="#5a6566",
        body_text_color_subdued_dark="#a3b0b0",
        background_fill_primary="#ffffff",
        background_fill_primary_dark="#1a2026",
        background_fill_secondary="#f1eee7",
        background_fill_secondary_dark="#151a1f",
        border_color_primary="#e2ddd2",
        border_color_primary_dark="#2c353d",
        block_background_fill="#ffffff",
        block_background_fill_dark="#1a2026",
        block_border_width="0px",
        block_shadow="none",
        block_padding="0px",
        block_label_background_fill="#ffffff",
        block_label_background_fill_dark="#1a2026",
        block_label_text_color="#3a4647",
        block_label_text_color_dark="#c8d2d1",
        block_title_text_color="#3a4647",
        block_title_text_color_dark="#c8d2d1",
        block_title_text_weight="600",
        input_background_fill="#fbfaf7",
        input_background_fill_dark="#12171b",
        input_border_color="#8b8f87",
        input_border_color_dark="#66737a",
        input_border_width="1px",
        input_placeholder_color="#6f7675",
        input_placeholder_color_dark="#8c9a9b",
        input_border_color_focus="#0f766e",
        input_border_color_focus_dark="#2dd4bf",
        button_primary_background_fill="#0f766e",
        button_primary_background_fill_hover="#0b5f59",
        button_primary_background_fill_dark="#127a71",
        button_primary_background_fill_hover_dark="#0f766e",
        button_primary_text_color="#ffffff",
        button_primary_text_color_dark="#ffffff",
        button_secondary_background_fill="#ffffff",
        button_secondary_background_fill_hover="#f1eee7",
        button_secondary_background_fill_dark="#1a2026",
        button_secondary_background_fill_hover_dark="#242c33",
        button_secondary_text_color="#1d2a2b",
        button_secondary_text_color_dark="#e8ecea",
    )
