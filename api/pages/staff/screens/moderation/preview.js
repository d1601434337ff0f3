// How a photo will look to everybody, as nearly as a browser can show it: what is in a box becomes a few coarse squares.
import {make} from "../../dom.js";

const CELLS = 6;

function covered(image, list) {
  const canvas = make("canvas", {class: "preview", width: image.naturalWidth, height: image.naturalHeight, "aria-hidden": "true"});
  const brush = canvas.getContext("2d");
  brush.drawImage(image, 0, 0);
  const small = make("canvas", {width: CELLS, height: CELLS});
  for (const {x, y, width, height} of list) {
    const [left, top, wide, high] = [x * canvas.width, y * canvas.height, width * canvas.width, height * canvas.height];
    small.getContext("2d").drawImage(image, left, top, wide, high, 0, 0, CELLS, CELLS);
    brush.imageSmoothingEnabled = false;
    brush.drawImage(small, 0, 0, CELLS, CELLS, left, top, wide, high);
  }
  return canvas;
}

/** A switch: each call shows or hides it; whether it is shown now. */
export function preview(stage, image) {
  return (list) => {
    const shown = stage.querySelector(".preview");
    if (shown) shown.remove();
    else stage.append(covered(image, list));
    stage.classList.toggle("previewing", !shown);
    return !shown;
  };
}
