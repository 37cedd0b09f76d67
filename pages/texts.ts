// Everything that the pages say. Words in braces are filled in.

export interface PageTexts {
  /** The language of the texts (BCP 47): of the page, its dates and its numbers. */
  readonly lang: string
  readonly skip: string
  readonly pages: string
  readonly yourDevices: string
  readonly allSessions: string
  readonly devicesIntro: string
  readonly thisDevice: string
  readonly lastSeen: string
  readonly signedIn: string
  readonly address: string
  readonly unknown: string
  readonly remembered: string
  readonly endsSoon: string
  readonly deviceOn: string
  readonly unknownDevice: string
  readonly signOut: string
  readonly end: string
  readonly endOthers: string
  readonly endOthersTitle: string
  readonly endOthersQuestion: string
  readonly cancel: string
  readonly more: string
  readonly saidEnded: string
  readonly saidEndedMany: string
  readonly saidEndsLater: string
  readonly counts: string
  readonly active: string
  readonly activeSignedIn: string
  readonly users: string
  readonly refresh: string
  readonly refreshLive: string
  readonly refreshStop: string
  readonly search: string
  readonly userId: string
  readonly idleFor: string
  readonly olderThan: string
  readonly order: string
  readonly any: string
  readonly orderNone: string
  readonly orderAge: string
  readonly orderIdle: string
  readonly show: string
  readonly clear: string
  readonly sessionsShown: string
  readonly device: string
  readonly actions: string
  readonly noSessions: string
  readonly nobody: string
  readonly firstPage: string
  readonly nextPage: string
  readonly details: string
  readonly endUser: string
  readonly endUserTitle: string
  readonly endUserQuestion: string
  readonly yoursStays: string
  readonly handle: string
  readonly agent: string
  readonly created: string
  readonly expires: string
  readonly when: string
  readonly now: string
  readonly message: string
  readonly messageHint: string
  readonly back: string
  readonly signedOutTitle: string
  readonly signedOut: string
  readonly forbiddenTitle: string
  readonly forbidden: string
  readonly forgedTitle: string
  readonly forged: string
  readonly missingTitle: string
  readonly missing: string
  readonly badFormTitle: string
  readonly badForm: string
  readonly unsupportedTitle: string
  readonly unsupported: string
}

export const ENGLISH: PageTexts = {
  lang: 'en',
  skip: 'Skip to the content',
  pages: 'Pages',
  yourDevices: 'Your devices',
  allSessions: 'All sessions',
  devicesIntro: 'You are signed in here. If you do not recognise a device, sign it out and change your password.',
  thisDevice: 'This device',
  lastSeen: 'Last seen',
  signedIn: 'Signed in',
  address: 'Address',
  unknown: 'Unknown',
  remembered: 'Stays signed in when the browser closes',
  endsSoon: 'Will be signed out {time}.',
  deviceOn: '{browser} on {system}',
  unknownDevice: 'Unknown device',
  signOut: 'Sign out',
  end: 'End',
  endOthers: 'Sign out all other devices',
  endOthersTitle: 'Sign out all other devices?',
  endOthersQuestion: 'Devices that will be signed out: {count}. This device stays signed in.',
  cancel: 'Cancel',
  more: 'Not shown: {count} more, seen longer ago.',
  saidEnded: 'Signed out.',
  saidEndedMany: 'Sessions ended: {count}.',
  saidEndsLater: 'The session will end at the time that you chose.',
  counts: 'Numbers',
  active: 'Active sessions',
  activeSignedIn: 'Signed in',
  users: 'Users',
  refresh: 'Refresh',
  refreshLive: 'Refresh every 10 seconds',
  refreshStop: 'Stop refreshing',
  search: 'Search',
  userId: 'User id',
  idleFor: 'Not seen for',
  olderThan: 'Older than',
  order: 'Order',
  any: 'Any time',
  orderNone: 'None (fastest)',
  orderAge: 'Oldest first',
  orderIdle: 'Longest unseen first',
  show: 'Show',
  clear: 'Clear',
  sessionsShown: 'Sessions on this page: {count}',
  device: 'Device',
  actions: 'Actions',
  noSessions: 'No sessions match.',
  nobody: 'Nobody',
  firstPage: 'First page',
  nextPage: 'Next page',
  details: 'Details',
  endUser: 'End all sessions of {user}',
  endUserTitle: 'End all sessions of {user}?',
  endUserQuestion: 'Sessions that will end: {count}.',
  yoursStays: 'The one that you are using stays.',
  handle: 'Handle',
  agent: 'User agent',
  created: 'Created',
  expires: 'Expires',
  when: 'When',
  now: 'Now',
  message: 'Message',
  messageHint: 'Shown to the user until then, if the application shows notices.',
  back: 'Back',
  signedOutTitle: 'You are not signed in',
  signedOut: 'Sign in to see your devices.',
  forbiddenTitle: 'Not for you',
  forbidden: 'This page is for administrators.',
  forgedTitle: 'Please try again',
  forged: 'Nothing was changed: the form was too old, or came from another site. Go back and send it once more.',
  missingTitle: 'Not found',
  missing: 'There is no such session here. It may have ended already.',
  badFormTitle: 'The form could not be read',
  badForm: 'Nothing was changed.',
  unsupportedTitle: 'Not possible here',
  unsupported: 'Sessions of this site are kept in a store that cannot list or find them.',
}

/** "{count} devices" with the words filled in, as text. */
export function filled(text: string, words: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => (Object.hasOwn(words, name) ? String(words[name]) : hole))
}
