// Making elements. Texts are always set as text: nothing that anybody wrote is ever read as HTML.

/** element("a.link", {href: "/"}, "text", otherElement): a tag with classes, properties and children. */
export function element(description, properties = {}, ...children) {
  const [tag, ...classes] = description.split(".");
  const made = document.createElement(tag);
  if (classes.length) made.className = classes.join(" ");
  for (const [name, value] of Object.entries(properties)) {
    if (name === "on") for (const [event, handler] of Object.entries(value)) made.addEventListener(event, handler);
    else if (name.includes("-") || name === "role") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

export const byId = (id) => document.getElementById(id);

/** Draw a list anew only when `key` says that it changed; the keyboard stays where it was. */
export function redrawn(list, key, make) {
  if (list.dataset.key === key) return;
  const focused = [...list.children].indexOf(document.activeElement);
  list.dataset.key = key;
  list.replaceChildren(...make());
  list.children[focused]?.focus();
}

/** Show a short note that goes away by itself. */
export function toast(text, {problem = false, action = null} = {}) {
  const note = element(problem ? "div.toast.problem" : "div.toast", {}, element("span", {}, text));
  const close = () => note.remove();
  if (action) note.append(element("button", {type: "button", on: {click: () => { close(); action.run(); }}}, action.label));
  note.append(element("button.icon", {type: "button", "aria-label": "Close", on: {click: close}}, "✕"));
  byId("toasts").append(note);
  setTimeout(close, 9000);
}

/** Take away the notes that only offered something. */
export function clearToasts() {
  for (const note of document.querySelectorAll(".toast:not(.problem)")) note.remove();
}

/** Do something as somebody. Answers with what the server said, or null after telling the problem. */
export async function act(name, body) {
  try {
    const answer = await fetch(`/do/${name}`, {
      method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body),
    });
    const said = await answer.json();
    if (answer.ok) return said;
    toast(said.problem, {problem: true});
  } catch {
    toast("make live does not answer. Is it still running?", {problem: true});
  }
  return null;
}
