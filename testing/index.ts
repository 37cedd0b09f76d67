// For people who test an application, and for people who write a store. Imports no test runner.
export { cookieFor, type TestCookie } from './cookie-for.js'
export { type ContractRunner, type ContractTest, describeStoreContract, type StoreContractOptions } from './store-contract.js'
