// The field to write in: Enter sends, Shift and Enter begin a new line.

/** So few characters before the end it says how many are left. */
const TELL_LEFT = 200

export class Composer {
  #form = document.querySelector('.composer')
  #field = document.getElementById('text')
  #label = this.#form.querySelector('label')
  #left = document.getElementById('left')

  /** `onSend(text)`, `onInput(text)`. */
  constructor({ onSend, onInput }) {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      const text = this.#field.value.trim()
      if (text === '') return
      this.set('')
      onSend(text)
      this.#field.focus()
    })
    this.#field.addEventListener('keydown', (event) => {
      // While a word is being composed, Enter chooses it.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
      event.preventDefault()
      this.#form.requestSubmit()
    })
    this.#field.addEventListener('input', () => {
      this.#tellLeft()
      onInput(this.#field.value)
    })
    // An empty field needs no bubble that says so: nothing happens.
    this.#field.required = false
  }

  set(text) {
    if (this.#field.value !== text) this.#field.value = text
    this.#tellLeft()
  }

  setLabel(label) {
    this.#label.textContent = label
    this.#field.placeholder = label
  }

  /** Not where that brings up a keyboard which hides half of the page. */
  focus() {
    if (matchMedia('(pointer: fine)').matches) this.#field.focus()
  }

  #tellLeft() {
    const left = this.#field.maxLength - this.#field.value.length
    this.#left.textContent = left < TELL_LEFT ? `${left} characters left` : ''
  }
}
