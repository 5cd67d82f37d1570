import { ApiClient } from "@zhike/api";

let signedOut: () => void = () => {};
export const api = new ApiClient({ base: "/api/v1", onUnauthenticated: () => signedOut() });
export function whenSignedOut(f: () => void): void {
  signedOut = f;
}
