/** As views/chat-people.js does it. */
export function paintAvatar(avatar, { id, name }) {
  avatar.className = `avatar hue-${id % 6}`
  avatar.textContent = (Array.from(name)[0] ?? '').toUpperCase()
}
