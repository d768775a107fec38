package io.rowpost.testkit;

class InMemoryMessageBrokerTest extends MessageBrokerContract {
  @Override
  protected BrokerFixture open() {
    return new InMemoryBrokerFixture();
  }
}
