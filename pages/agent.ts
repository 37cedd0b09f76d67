// What a person calls a browser, read from its `User-Agent`: a hint for the eye, on which nothing depends.

export interface Device {
  /** `null`: not to be told. */
  readonly browser: string | null
  readonly system: string | null
  readonly kind: 'computer' | 'phone' | 'program'
}

/** Those that pretend to be another stand before it. */
const BROWSERS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bDuckDuckGo\//, 'DuckDuckGo'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:HeadlessChrome|Chrome|CriOS|Chromium)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]

const SYSTEMS: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\b(?:iPhone|iPod)\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac(?:intosh| OS X)\b/, 'Mac'],
  [/\b(?:Linux|X11)\b/, 'Linux'],
]

const MAX_NAME = 40

export function deviceOf(agent: string | null): Device {
  const text = agent ?? ''
  const system = named(SYSTEMS, text)
  const browser = named(BROWSERS, text) ?? programOf(text)
  const kind = system === 'iPhone' || system === 'Android' || system === 'iPad' ? 'phone' : system === null ? 'program' : 'computer'
  return { browser, system, kind }
}

function named(names: typeof BROWSERS, text: string): string | null {
  return names.find(([pattern]) => pattern.test(text))?.[1] ?? null
}

/** `curl/8.5.0` calls itself curl. All browsers call themselves Mozilla. */
function programOf(text: string): string | null {
  const name = /^[^/]+/.exec(text)?.[0].trim() ?? ''
  return name === '' || name === 'Mozilla' ? null : name.slice(0, MAX_NAME)
}
