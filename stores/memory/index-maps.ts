// Index name → value → handles. Exact at all times; what becomes empty is dropped, so that values that are gone cost nothing.

type Indexes = Readonly<Record<string, string>>

export class IndexMaps {
  private readonly names: Map<string, Map<string, Set<string>>> = new Map()

  add(handle: string, indexes: Indexes): void {
    for (const [name, value] of Object.entries(indexes)) this.handlesFor(name, value).add(handle)
  }

  remove(handle: string, indexes: Indexes): void {
    for (const [name, value] of Object.entries(indexes)) this.removeOne(handle, name, value)
  }

  move(handle: string, from: Indexes, to: Indexes): void {
    if (from === to) return
    this.remove(handle, from)
    this.add(handle, to)
  }

  /** A copy: sessions may come and go while the caller walks through it. */
  handles(name: string, value: string): string[] {
    return [...(this.names.get(name)?.get(value) ?? [])]
  }

  private handlesFor(name: string, value: string): Set<string> {
    const values = this.names.get(name) ?? new Map<string, Set<string>>()
    this.names.set(name, values)
    const handles = values.get(value) ?? new Set()
    values.set(value, handles)
    return handles
  }

  private removeOne(handle: string, name: string, value: string): void {
    const values = this.names.get(name)
    const handles = values?.get(value)
    if (values === undefined || handles === undefined) return
    handles.delete(handle)
    if (handles.size === 0) values.delete(value)
    if (values.size === 0) this.names.delete(name)
  }
}
