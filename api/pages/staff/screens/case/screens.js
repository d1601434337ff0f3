// One case on one page, for everybody who works on it.
export const CASE = [];
