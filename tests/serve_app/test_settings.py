"""The settings of a server."""

from serve_app.settings import Settings

PAGE_CPUS = 0.1


def test_all_replicas_together_leave_a_core_for_a_training() -> None:
    settings = Settings()
    assert settings.text_cpus + settings.image_cpus + settings.router_cpus + PAGE_CPUS <= 1
