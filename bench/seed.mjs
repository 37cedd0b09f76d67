export const SECRET = 'bench: any thirty-two bytes or more will do'

/** An ordinary session: ten keys, one of them a small object. */
export const SEED = {
  userId: 4711,
  name: 'Ann',
  email: 'ann@example.com',
  role: 'editor',
  locale: 'en-GB',
  theme: 'dark',
  csrf: 'b1946ac92492d2347c6235b4d2611184',
  lastPage: '/orders/2024/11/4711',
  counter: 0,
  cart: { items: [{ id: 17, count: 2 }], coupon: null },
}
