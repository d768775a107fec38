package io.rowpost.testkit;

/** What happens in a simulated world besides {@linkplain SimFault faults}. */
enum SimEvent {
  STARTED,
  APPENDED,
  APPENDED_BEFORE,
  COMMITTED,
  LEASED,
  FETCHED,
  HANDED_OVER,
  WRITTEN,
  ANSWERED,
  SETTLED_SENT,
  SETTLED_WAITING,
  SETTLED_RETRY,
  SETTLED_FAILED,
  DELIVERED,
  HANDLED,
  TOOK_EFFECT,
  PARKED,
  CALM
}
