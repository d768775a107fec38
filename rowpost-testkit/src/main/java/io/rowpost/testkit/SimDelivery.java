package io.rowpost.testkit;

import org.jspecify.annotations.Nullable;

/** The delivering side of the broker: each step is one call of one listener that is not at work. */
final class SimDelivery extends SimActor {
  /** Whose listener the delivery under way has called. */
  private @Nullable SimMember entered;

  SimDelivery(SimWorld world) {
    super(world, "broker", null);
  }

  @Override
  void start(SimLife life) {}

  @Override
  boolean mayNest() {
    return true;
  }

  void entered(SimMember member) {
    entered = member;
  }

  @Override
  void step() {
    deliver();
  }

  /** Returns how many messages were handed to a listener. */
  int deliver() {
    SimMember outer = entered;
    entered = null;
    try {
      return world.broker.deliver();
    } finally {
      SimMember member = entered;
      entered = outer;
      if (member != null) {
        member.toldTheBroker();
      }
    }
  }
}
