package io.rowpost.testkit;

import io.rowpost.core.InMemoryTransaction;

class InMemoryOutboxStoreTest extends OutboxStoreContract<InMemoryTransaction> {
  @Override
  protected OutboxFixture<InMemoryTransaction> open(boolean keepSent) {
    return new InMemoryOutboxFixture(keepSent);
  }
}
