import { field, hiddenToken, messages } from './fields.js'
import { html } from './html.js'
import { layout } from './layout.js'

/** `problems`: a text for each field that has one, by its name. */
export function registerPage({ csrfToken, email = '', name = '', problems = {}, problem }) {
  return layout({
    title: 'Create an account',
    look: 'door',
    content: html`<main id="content" class="card">
      <h1>Create an account</h1>
      ${messages({ problem })}
      <form method="post" action="/register">
        ${hiddenToken(csrfToken)}
        ${field({
          name: 'email',
          label: 'Email',
          type: 'email',
          value: email,
          problem: problems.email,
          attributes: html`autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="254" autofocus`,
        })}
        ${field({
          name: 'name',
          label: 'Name',
          value: name,
          problem: problems.name,
          hint: 'What the others see.',
          attributes: html`autocomplete="nickname" maxlength="40"`,
        })}
        ${newPassword({ name: 'password', label: 'Password', problem: problems.password })}
        <button class="primary wide">Create an account</button>
      </form>
      <p class="aside">You have one? <a href="/login">Sign in</a></p>
    </main>`,
  })
}

export function newPassword({ name, label, problem }) {
  return field({
    name,
    label,
    type: 'password',
    problem,
    hint: 'At least 8 characters. A few words that you make up are good.',
    attributes: html`autocomplete="new-password" minlength="8" maxlength="128"`,
  })
}
