/** A link within the dashboard: a real address, opened without a reload. */
import type { ComponentProps, ReactElement } from 'react';
import { go } from '../route.ts';

export const Link = ({ to, ...rest }: Omit<ComponentProps<'a'>, 'href'> & { readonly to: string }): ReactElement => (
  <a
    {...rest}
    href={to}
    onClick={(event) => {
      if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      go(to);
    }}
  />
);
