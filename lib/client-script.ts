// The browser's script in one file. The build puts the function that returns its text in this one's place (see scripts/build.mjs): so it is part
// of whatever an application is bundled into, and nobody has to find a file. Jest has a stand-in that makes it from the sources.

export function clientScript(): string {
  throw new Error('sessionStatus: the browser script is not built; npm run build')
}
