// What is used of prom-client, so that our types do not need it. Handed in, or loaded.
import { requirePeer } from '../peer.js'

export interface Counter {
  inc(labels: Record<string, string>, value?: number): void
}

export interface Histogram {
  observe(labels: Record<string, string>, value: number): void
}

export interface Gauge {
  set(value: number): void
}

export interface Registry {
  removeSingleMetric(name: string): unknown
}

/** `never`: prom-client's own configurations are generic, and any of them will do. */
export interface PromClient {
  readonly Counter: new (config: never) => Counter
  readonly Histogram: new (config: never) => Histogram
  readonly Gauge: new (config: never) => Gauge
  readonly register: Registry
}

export function loadPromClient(): PromClient {
  return requirePeer('metrics', 'prom-client', 'client') as PromClient
}
