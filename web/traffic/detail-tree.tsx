/** The tree of the detail pane: branches that open and shut, leaves of name and value. */
import type { ReactElement, ReactNode } from 'react';
import { Icon } from '../ui/icon.tsx';

export const Branch = ({ title, children }: { title: string; children: ReactNode }): ReactElement => (
  <details open>
    <summary>
      <Icon name="right" className="twist" />
      {title}
    </summary>
    <ul>{children}</ul>
  </details>
);

export const Leaf = ({
  name,
  mono = false,
  children,
}: {
  name: string;
  mono?: boolean;
  children: ReactNode;
}): ReactElement => (
  <li>
    {name !== '' && <span className={mono ? 'mono dim' : 'dim'}>{name}</span>} <span className="mid">{children}</span>
  </li>
);
