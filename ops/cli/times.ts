// Spans of time for people: the two largest units.
const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
]

/** `2h 15m`; what is less than a second is `0s`. */
export function span(ms: number): string {
  const first = UNITS.findIndex(([, size]) => ms >= size)
  if (first === -1) return '0s'
  const [[name, size], second] = [UNITS[first] ?? ['s', 1000], UNITS[first + 1]]
  const rest = second === undefined ? 0 : Math.floor((ms % size) / second[1])
  return `${Math.floor(ms / size)}${name}${rest === 0 ? '' : ` ${rest}${second?.[0]}`}`
}

/** `2h 15m ago`. Clocks that differ a little make nothing happen in the future. */
export function ago(ms: number): string {
  return ms < 1000 ? 'just now' : `${span(ms)} ago`
}

/** `2026-11-22 10:00:05 UTC`, which sorts, and reads the same on each machine. */
export function moment(time: Date): string {
  return time
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, ' UTC')
}
