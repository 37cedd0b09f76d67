// A new token of the session, after a login or a confirmed password in another tab, makes the forms of this page worthless; they get theirs anew. Only when
// somebody is about to send one: asking for a page extends the session, which a page that nobody uses must not do.

export async function renewForms() {
  // A page with a form and without consequences.
  const response = await fetch('/password/confirm', { headers: { accept: 'text/html' } }).catch(() => null)
  if (!response?.ok) return
  const page = new DOMParser().parseFromString(await response.text(), 'text/html')
  const token = page.querySelector('[name=_csrf]')?.value
  if (token !== undefined) for (const field of document.querySelectorAll('[name=_csrf]')) field.value = token
}
