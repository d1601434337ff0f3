// The screens of a department.
export const DESK = [];
