package scenario.order;

import io.rowpost.core.Message;
import io.rowpost.core.MessageListener;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A payment service that dies after some effects, before it can acknowledge: the broker has to
 * deliver those messages again. To the broker that is the same as being asked for them.
 *
 * <p>One call at a time.
 */
final class FaultyListener implements MessageListener {
  private final MessageListener inner;
  private final Journal journal;
  private final Set<Long> stillToRepeat;

  FaultyListener(MessageListener inner, Faults faults, Journal journal) {
    this.inner = inner;
    this.journal = journal;
    this.stillToRepeat = new HashSet<>(faults.deliveredTwice());
  }

  @Override
  public List<Message> onMessages(List<Message> messages) throws Exception {
    List<Message> again = new ArrayList<>(inner.onMessages(messages));
    for (Message message : messages) {
      if (again.contains(message)) {
        continue;
      }
      long order = orderId(message);
      journal.delivered(order);
      if (stillToRepeat.remove(order)) {
        journal.deliveredTwice(order);
        again.add(message);
      }
    }
    return again;
  }

  static long orderId(Message message) {
    return OrderCreatedEvent.fromPayload(message.payload()).orderId();
  }
}
