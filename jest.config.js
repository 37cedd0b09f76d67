/** @type {import('jest').Config} */
import { availableParallelism } from 'node:os'

export default {
  testEnvironment: 'node',
  globalSetup: '<rootDir>/test/servers/global-setup.mjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testTimeout: 15_000,
  reporters: ['default', '<rootDir>/test/support/promises-reporter.cjs'],
  // Many tests wait: for clocks, for deadlines, for a browser.
  maxWorkers: availableParallelism() + 1,
  transform: {
    '^.+\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'commonjs' } }],
    // What tests import of the example application, which is plain ES modules.
    '/example-app/.+\\.js$': ['@swc/jest', { jsc: { target: 'es2023' }, module: { type: 'commonjs' } }],
  },
  // The browser's script is part of the build; Jest makes it from the sources. Sources import './x.js', as tsc wants it; Jest reads './x.ts'.
  moduleNameMapper: { '/client-script\\.js$': '<rootDir>/test/client/client-script.ts', '^(\\.{1,2}/.*)\\.js$': '$1' },
  // Builds and unpacked Node versions are none of Jest's business.
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/\\.node-versions'],
  // `npm test` passes --coverage. Babel's, because v8 counts files that hold only types as uncovered.
  coverageProvider: 'babel',
  collectCoverageFrom: ['lib/**/*.ts', 'stores/**/*.ts', 'auth/**/*.ts', 'ops/**/*.ts', 'pages/**/*.ts', 'testing/**/*.ts'],
  coverageReporters: ['text'],
}
