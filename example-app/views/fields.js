import { html } from './html.js'

export function hiddenToken(csrfToken) {
  return html`<input type="hidden" name="_csrf" value="${csrfToken}">`
}

/** One labelled field. `attributes` is a template; `problem` and `hint` are read out with the field. */
export function field({ name, label, type = 'text', value, attributes, hint, problem }) {
  const notes = [problem && `${name}-problem`, hint && `${name}-hint`].filter(Boolean).join(' ')
  return html`<p class="field">
    <label for="${name}">${label}</label>
    <input id="${name}" name="${name}" type="${type}" value="${value}" required ${attributes}${problem && html` aria-invalid="true"`}${
      notes && html` aria-describedby="${notes}"`
    }>
    ${problem && html`<span class="problem" id="${name}-problem">${problem}</span>`}
    ${hint && html`<span class="hint" id="${name}-hint">${hint}</span>`}
  </p>`
}

/** What the page has to say at its top: what went wrong, or well. */
export function messages({ problem, notice }) {
  return html`${notice && html`<p class="said" role="status">${notice}</p>`}${problem && html`<p class="said bad" role="alert">${problem}</p>`}`
}
