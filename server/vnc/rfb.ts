/** Numbers of the RFB protocol: RFC 6143, and IANA's registry for what came later. */

export const VNC_PORT = 5900;

export const VERSION = 'RFB 003.008\n';
export const VERSION_BYTES = 12;
export const SECURITY_NONE = 1;

/** From a client. */
export const CLIENT = {
  setPixelFormat: 0,
  setEncodings: 2,
  updateRequest: 3,
  key: 4,
  pointer: 5,
  cutText: 6,
  setDesktopSize: 251,
} as const;

/** From a server. */
export const SERVER = { update: 0, colourMap: 1 } as const;

export const ENCODING = { raw: 0, zrle: 16, desktopSize: -223, extendedDesktopSize: -308 } as const;

/** Why an ExtendedDesktopSize rectangle is sent, and with what result. */
export const RESIZED_BY = { server: 0, client: 1 } as const;
export const RESIZE = { done: 0, prohibited: 1 } as const;
