// A test runner of thirty lines: collects the tests of the suite, so that a test can run them and look at what fails.
import type { ContractRunner, StoreContractOptions } from '../../testing/store-contract.js'
import { describeStoreContract } from '../../testing/store-contract.js'

export interface Outcome {
  readonly theme: string
  readonly title: string
  readonly error: Error | null
}

export interface Report {
  readonly outcomes: readonly Outcome[]
  readonly skipped: readonly string[]
}

interface Collected {
  readonly theme: string
  readonly title: string
  readonly body: () => Promise<void>
}

export async function runContract(options: StoreContractOptions): Promise<Report> {
  const { tests, skipped, runner } = collector()
  describeStoreContract('store', { ...options, runner })
  const outcomes: Outcome[] = []
  for (const { theme, title, body } of tests) outcomes.push({ theme, title, error: await errorOf(body) })
  return { outcomes, skipped }
}

export function failuresOf({ outcomes }: Report): Outcome[] {
  return outcomes.filter(({ error }) => error !== null)
}

function collector(): { tests: Collected[]; skipped: string[]; runner: ContractRunner } {
  const path: string[] = []
  const tests: Collected[] = []
  const skipped: string[] = []
  const describe = (title: string, body: () => void): void => {
    path.push(title)
    body()
    path.pop()
  }
  const test = (title: string, body: () => Promise<void>): void => {
    tests.push({ theme: path.at(-1) ?? '', title, body })
  }
  const skip = (title: string): void => {
    skipped.push(title)
  }
  return { tests, skipped, runner: { describe, test: Object.assign(test, { skip }) } }
}

async function errorOf(body: () => Promise<void>): Promise<Error | null> {
  try {
    await body()
    return null
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
