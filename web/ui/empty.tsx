/** An empty place that says what is listened to, for how long, and what helps. */
import type { ReactElement, ReactNode } from 'react';

export const Empty = (props: {
  readonly title: ReactNode;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}): ReactElement => (
  <div className="empty" role="status">
    <p className="empty-title">{props.title}</p>
    {props.children !== undefined && <div className="dim">{props.children}</div>}
    {props.actions !== undefined && <div className="row">{props.actions}</div>}
  </div>
);
