import { html } from './html.js'

const UNITS = [
  ['day', 24 * 60 * 60],
  ['hour', 60 * 60],
  ['minute', 60],
]

export function when(date) {
  return html`<time datetime="${date.toISOString()}">${date.toISOString().slice(0, 19).replace('T', ' ')} UTC</time>`
}

/** `ends in 2 hours`, with the exact time to hover over. */
export function until(date) {
  return html`<time datetime="${date.toISOString()}" title="${date.toISOString()}">ends in ${span(date.getTime() - Date.now())}</time>`
}

function span(ms) {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? ['second', 1]
  const count = Math.floor(seconds / size)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
