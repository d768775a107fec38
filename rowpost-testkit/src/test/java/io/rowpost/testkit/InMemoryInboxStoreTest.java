package io.rowpost.testkit;

import io.rowpost.core.InMemoryTransaction;
import java.util.function.UnaryOperator;

class InMemoryInboxStoreTest extends InboxStoreContract<InMemoryTransaction> {
  @Override
  protected InboxFixture<InMemoryTransaction> open() {
    return new InMemoryInboxFixture(UnaryOperator.identity());
  }
}
