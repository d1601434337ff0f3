// What is written down of one call, and the ticket that it becomes.
const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // no I, L, O, U: it may have to be read out
const LENGTH = 10;
const HEADING = 60;

/** A number that no other call has, at this PC or any other: two operators never meet under one. */
function newNumber() {
  const random = crypto.getRandomValues(new Uint8Array(LENGTH));
  const day = new Intl.DateTimeFormat("en-CA", {timeZone: "Asia/Shanghai", dateStyle: "short"}).format(new Date());
  return `DH${day.replace(/\D/g, "")}-${[...random].map((byte) => ALPHABET[byte % ALPHABET.length]).join("")}`;
}

/** An empty call. Its number is its key as long as the form stands. */
export const newCall = () => ({number: newNumber(), phone: "", name: "", text: "", title: "", address: "", category: "",
  place: null, pinned: false, same_as: null, confidential: false, urgent: false});

function heading(text) {
  const words = text.trim().split(/\s+/).join(" ");
  return words.length > HEADING ? `${words.slice(0, HEADING - 1)}…` : words;
}

/** The ticket as the server takes it; what was not said is left out. */
export function ticketOf(state) {
  const said = {number: state.number, subject: state.title.trim() || heading(state.text), detail: state.text.trim(),
    category: state.category, address: state.address.trim(), caller_name: state.name.trim(), caller_phone: state.phone.trim(),
    place: state.place, same_as: state.same_as, urgent: state.urgent, confidential: state.confidential};
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value));
}
