/** Where this package lies. The CommonJS build has no `import.meta` and gets another file in this one's place: see scripts/build.mjs. */
// biome-ignore lint/suspicious/noTsIgnore: it is an error in that build only
// @ts-ignore
export const HERE: string = import.meta.url
