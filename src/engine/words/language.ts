/** The languages in which everything is said. */
export type Language = 'en' | 'ja';
