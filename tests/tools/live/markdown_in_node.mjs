// Runs the page's markdown without a browser: texts as JSON come in, what they became goes out.
// usage: node markdown_in_node.mjs path/of/markdown.js < texts.json

class Node {
  constructor(tag) { this.tag = tag; this.children = []; this.dataset = {}; }
  append(...added) {
    for (const each of added) this.children.push(...(each instanceof Node && each.tag === "" ? each.children : [each]));
  }
  set textContent(text) { this.children = [text]; }
  get textContent() { return this.children.map((each) => (each instanceof Node ? each.textContent : each)).join(""); }
  setAttribute() {}
  addEventListener() {}
  toJSON() { return [this.tag + (this.href ? ` ${this.href}` : ""), ...this.children]; }
}

globalThis.document = {
  createElement: (tag) => new Node(tag), createDocumentFragment: () => new Node(""), querySelectorAll: () => [],
};
globalThis.setInterval = () => {};
const {markdown} = await import(process.argv[2]);
const {element} = await import(new URL("dom.js", process.argv[2]));
const names = {
  user: (id) => `user${id}`, role: (id) => `role${id}`, channelLink: (id) => element("button", {}, `#channel${id}`),
  link: (href, shown) => element("a", {href}, shown),
};
let input = "";
for await (const chunk of process.stdin) input += chunk;
const shown = JSON.parse(input).map((text) => markdown(element("div"), text, names));
console.log(JSON.stringify(shown.map((each) => ({tree: each.toJSON().slice(1), text: each.textContent}))));
