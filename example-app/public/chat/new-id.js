/** A UUID. Browsers make them on HTTPS and localhost only, and a chat may be tried in a network at home. */
export function newId() {
  if (crypto.randomUUID !== undefined) return crypto.randomUUID()
  const digits = Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, '$1-$2-4$3-8$4-$5')
}
