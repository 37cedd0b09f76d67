// Templates that escape: html`<p>${text}</p>`. Only what another template made goes in as it is.

class Html {
  #text
  constructor(text) {
    this.#text = text
  }
  toString() {
    return this.#text
  }
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;', '`': '&#96;' }

/** Attributes must stand in double quotes. `undefined`, `null` and `false` are nothing. */
export function html(strings, ...values) {
  return new Html(String.raw({ raw: strings }, ...values.map(render)))
}

function render(value) {
  if (value === undefined || value === null || value === false) return ''
  if (value instanceof Html) return value.toString()
  if (Array.isArray(value)) return value.map(render).join('')
  return String(value).replace(/[&<>"'`]/g, (character) => ENTITIES[character])
}
