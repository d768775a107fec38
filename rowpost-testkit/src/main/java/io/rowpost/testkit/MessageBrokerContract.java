package io.rowpost.testkit;

import io.rowpost.core.MessageBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Timeout;

/**
 * What every {@link MessageBroker} must do; extend it and hand out brokers.
 *
 * <pre>{@code
 * class MyBrokerTest extends MessageBrokerContract {
 *   @Override
 *   protected BrokerFixture open() { ... }
 * }
 * }</pre>
 *
 * <p>Each test opens one fixture, makes topics of its own, and closes the fixture.
 */
@Timeout(120)
public abstract class MessageBrokerContract {
  private final List<BrokerScene> scenes = new ArrayList<>();

  /** For subclasses. */
  protected MessageBrokerContract() {}

  /** Opens a broker. */
  protected abstract BrokerFixture open();

  /** How long a rule waits for what has to happen; less where a planted bug prevents it. */
  Duration patience() {
    return Duration.ofSeconds(40);
  }

  @AfterEach
  void closeScenes() {
    scenes.forEach(BrokerScene::close);
  }

  private BrokerScene openScene() {
    var scene = new BrokerScene(open(), patience());
    scenes.add(scene);
    return scene;
  }

  @Nested
  @DisplayName("publish")
  class Publishing extends BrokerPublishRules {
    private final BrokerScene scene = openScene();

    @Override
    BrokerScene scene() {
      return scene;
    }
  }

  @Nested
  @DisplayName("bad input")
  class BadInput extends BrokerBadInputRules {
    private final BrokerScene scene = openScene();

    @Override
    BrokerScene scene() {
      return scene;
    }
  }

  @Nested
  @DisplayName("groups")
  class Groups extends BrokerGroupRules {
    private final BrokerScene scene = openScene();

    @Override
    BrokerScene scene() {
      return scene;
    }
  }

  @Nested
  @DisplayName("redelivery")
  class Redelivery extends BrokerRedeliveryRules {
    private final BrokerScene scene = openScene();

    @Override
    BrokerScene scene() {
      return scene;
    }
  }

  @Nested
  @DisplayName("deaths")
  class Deaths extends BrokerDeathRules {
    private final BrokerScene scene = openScene();

    @Override
    BrokerScene scene() {
      return scene;
    }
  }

  @Nested
  @DisplayName("outage")
  class Outages extends BrokerOutageRules {
    private final BrokerScene scene = openScene();

    @Override
    BrokerScene scene() {
      return scene;
    }
  }
}
