// What a page remembers in the browser: unread marks in all tabs, texts that the server does not have yet in this one. A browser that allows neither
// forgets them with the page, which is all that happens.

export class Memory {
  #storage
  #prefix

  /** `me`: whose it is. Nobody else finds it. */
  constructor(kind, me) {
    this.#storage = storageOf(kind)
    this.#prefix = `chat ${me} `
  }

  read(name, otherwise) {
    try {
      return JSON.parse(this.#storage.getItem(this.#prefix + name)) ?? otherwise
    } catch {
      return otherwise
    }
  }

  write(name, value) {
    try {
      this.#storage.setItem(this.#prefix + name, JSON.stringify(value))
    } catch {
      // Full, or not allowed.
    }
  }

  forget() {
    this.#remove((key) => key.startsWith(this.#prefix))
  }

  /** What somebody else left in this tab is not kept for whoever sits here now. */
  forgetOthers() {
    this.#remove((key) => key.startsWith('chat ') && !key.startsWith(this.#prefix))
  }

  #remove(isMeant) {
    for (const key of Object.keys(this.#storage ?? {}).filter(isMeant)) this.#storage.removeItem(key)
  }
}

function storageOf(kind) {
  try {
    return globalThis[kind]
  } catch {
    return null
  }
}
