// Loads only the behaviours that the markup of this page names.
const KNOWN = new Set(["autosubmit", "copy", "counter", "draft", "leave", "once", "vote"]);

for (const element of document.querySelectorAll("[data-behaviour]")) {
  for (const name of element.dataset.behaviour.split(" ")) {
    if (!KNOWN.has(name)) continue;
    import(`./behaviours/${name}.js`).then((module) => module.default(element));
  }
}
