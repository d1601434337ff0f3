// Bulletins and exports.
export const REPORTS = [];
