// The sockets of this process, found by session and by user.

export class Connections {
  #all = new Set()
  #byHandle = new Map()
  #byUser = new Map()

  add(connection) {
    this.#all.add(connection)
    join(this.#byHandle, connection.handle, connection)
    join(this.#byUser, connection.user.id, connection)
  }

  delete(connection) {
    this.#all.delete(connection)
    leave(this.#byHandle, connection.handle, connection)
    leave(this.#byUser, connection.user.id, connection)
  }

  all() {
    return [...this.#all]
  }

  ofSession(handle) {
    return [...(this.#byHandle.get(handle) ?? [])]
  }

  ofUser(id) {
    return [...(this.#byUser.get(id) ?? [])]
  }

  users() {
    return [...this.#byUser.keys()]
  }
}

function join(groups, key, connection) {
  const group = groups.get(key) ?? new Set()
  groups.set(key, group.add(connection))
}

function leave(groups, key, connection) {
  const group = groups.get(key)
  group?.delete(connection)
  if (group?.size === 0) groups.delete(key)
}
