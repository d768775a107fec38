package io.rowpost.testkit;

import io.rowpost.core.InMemoryTransaction;

class InMemoryInboxStoreTest extends InboxStoreContract<InMemoryTransaction> {
  @Override
  protected InboxFixture<InMemoryTransaction> open() {
    return new InMemoryInboxFixture();
  }
}
