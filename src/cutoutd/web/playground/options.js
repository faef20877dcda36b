/** The options form: only what differs from the defaults is sent. */

const form = document.getElementById("options");

/** { name: value } of every option that is not at its default and can be sent. */
export function chosenOptions() {
  const options = {};
  for (const field of form.elements) {
    const asked = field.name && changed(field) && field.checkValidity() && !field.closest("[hidden]");
    if (asked) options[field.name] = valueOf(field);
  }
  return options.matting ? options : withoutMatting(options);
}

/** What is wrong with the first field that cannot be sent; "" if all can. */
export function complaint() {
  const wrong = [...form.elements].find((field) => field.name && !field.closest("[hidden]") && !field.checkValidity());
  return wrong ? `${labelOf(wrong.name)}: ${wrong.validationMessage}` : "";
}

/** What the form calls an option. */
export function labelOf(name) {
  const [label] = form.elements[name]?.labels ?? [];
  return label?.querySelector("span").firstChild.textContent.trim() ?? name.replaceAll("_", " ");
}

/** The format that these options are answered with. */
export function formatOf({ format, preset }) {
  return format ?? form.querySelector(`input[name=preset][value="${preset ?? ""}"]`)?.dataset.format ?? "png";
}

/** Whether nothing can show through the answer, so that a background has to be put behind by the server. */
export function isOpaque(options) {
  return formatOf(options) === "jpeg" || "background_blur" in options;
}

export function onOptions(listen) {
  form.addEventListener("change", listen);
  form.addEventListener("reset", () => setTimeout(listen));
  form.addEventListener("submit", (event) => event.preventDefault());
}

/** models: [{ name, licence, commercial_use, prompts, default, usable, source, card, subject }] as the server lists them. */
export function offerModels(models) {
  const select = form.elements.model;
  const tell = () => describe(models.find((one) => one.name === select.value) ?? models.find((one) => one.default));
  for (const { name, licence } of models.filter((one) => one.usable)) select.add(new Option(`${name} (${licence})`, name));
  const others = models.filter((one) => !one.usable);
  if (others.length) {
    const group = document.createElement("optgroup");
    group.label = "Not on this server yet";
    group.append(...others.map(({ name, licence }) => {
      const option = new Option(`${name} (${licence})`, name);
      option.disabled = true;
      return option;
    }));
    select.append(group);
    document.getElementById("models-more").hidden = false;
  }
  select.addEventListener("change", tell);
  form.addEventListener("reset", () => setTimeout(tell));
  tell();
}

function describe(model) {
  if (!model) return;
  const use = model.commercial_use ? "commercial use allowed by its licence" : "not for commercial use";
  document.getElementById("prompt").hidden = !model.prompts;
  document.getElementById("card").hidden = !model.card;
  document.getElementById("licence").textContent = `${model.name}: ${model.licence}, ${use}`;
}

function withoutMatting(options) {
  return Object.fromEntries(Object.entries(options).filter(([name]) => !name.startsWith("matting_")));
}

function changed(field) {
  if (field.type === "checkbox") return field.checked !== field.defaultChecked;
  if (field.type === "radio") return field.checked && field.value !== "";
  if (field.tagName === "SELECT") return field.value !== field.options[0].value;
  return field.value !== field.defaultValue && field.value !== "";
}

/** What the API wants: a ticked box may stand for a word or number, a percentage for a share, a million for one. */
function valueOf(field) {
  const { on, scale } = field.dataset;
  if (field.type === "checkbox") return on ?? field.checked;
  if (field.type !== "number") return field.value.trim();
  return scale > 1 ? Math.round(field.value * scale) : field.value * (scale ?? 1);
}
