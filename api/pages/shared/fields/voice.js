// Speaking instead of typing. Only where the phone itself understands speech: no sound leaves it for a stranger's service.
import {button, make, notice} from "../dom.js";
import {language, say} from "../language.js";

const Recognition = globalThis.SpeechRecognition ?? globalThis.webkitSpeechRecognition;
const CODES = {zh: "zh-CN", en: "en-US"};

async function onThePhone() {
  if (!Recognition || !("processLocally" in Recognition.prototype) || !Recognition.available) return false;
  try {
    return await Recognition.available({langs: [CODES[language()]], processLocally: true}) === "available";
  } catch {
    return false;
  }
}

function listenInto(control, pressed) {
  const ear = new Recognition();
  ear.lang = CODES[language()];
  ear.processLocally = true;
  ear.onresult = ({results}) => {
    control.value = `${control.value}${[...results].map(([best]) => best.transcript).join("")}`;
    control.dispatchEvent(new Event("input", {bubbles: true}));
  };
  ear.onerror = () => notice(say("voice.failed"), "fault");
  ear.onend = () => pressed.setAttribute("aria-pressed", "false");
  pressed.setAttribute("aria-pressed", "true");
  ear.start();
}

/** A button beside a text field that listens, or where the phone cannot, the advice to use the keyboard's microphone. */
export function voice(control) {
  const place = make("div", {class: "voice"}, make("p", {class: "hint"}, say("voice.keyboard")));
  onThePhone().then((can) => {
    if (!can) return;
    const speak = button(say("voice.speak"), () => listenInto(control, speak), {
      kind: "quiet", picture: "mic", "aria-pressed": "false"});
    place.replaceChildren(speak);
  });
  return place;
}
