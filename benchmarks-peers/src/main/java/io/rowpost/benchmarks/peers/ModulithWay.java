package io.rowpost.benchmarks.peers;

import io.rowpost.benchmarks.Place;
import io.rowpost.benchmarks.Sink;
import io.rowpost.benchmarks.WayMain;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.task.TaskExecutor;
import org.springframework.modulith.events.ApplicationModuleListener;
import org.springframework.modulith.events.IncompleteEventPublications;
import org.springframework.scheduling.concurrent.ThreadPoolTaskExecutor;

/**
 * Spring Modulith's event publication registry, completed events deleted. A backlog is what a crash
 * leaves behind: it is submitted again. New events go to their listener right after the commit.
 */
public final class ModulithWay extends SpringWay {
  private static final Map<String, String> SETTINGS =
      Map.of(
          "spring.modulith.events.jdbc.schema-initialization.enabled", "true",
          "spring.modulith.events.completion-mode", "delete",
          "namastack.outbox.enabled", "false");
  private static final int THREADS = 16;

  private final Listener listener;

  private ModulithWay(Place place, Listener listener) {
    super(
        place,
        Application.class,
        SETTINGS,
        context -> {
          context.registerBean(Listener.class, () -> listener);
          context.registerBean("applicationTaskExecutor", TaskExecutor.class, () -> listener.gate);
        });
    this.listener = listener;
  }

  /**
   * Runs it.
   *
   * @param arguments the JDBC URL and the user
   */
  public static void main(String[] arguments) throws Exception {
    WayMain.run(arguments, place -> new ModulithWay(place, new Listener()));
  }

  /** As an application that has this starter alone. */
  @Configuration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  static class Application {}

  /**
   * The executor of listeners; while no relay runs, it forgets what it is given, as a crash does.
   */
  static final class Gate implements TaskExecutor {
    private final ThreadPoolTaskExecutor threads = new ThreadPoolTaskExecutor();
    private volatile boolean open;

    Gate() {
      threads.setCorePoolSize(THREADS);
      threads.setDaemon(true);
      threads.initialize();
    }

    @Override
    public void execute(Runnable task) {
      if (open) {
        threads.execute(task);
      }
    }
  }

  /** Hands on what was committed. */
  static class Listener {
    private final Gate gate = new Gate();
    private volatile @Nullable Sink sink;

    @ApplicationModuleListener
    void on(PeerEvent event) {
      Sink current = sink;
      if (current != null) {
        event.handTo(current);
      }
    }
  }

  @Override
  public String settings() {
    return "completion-mode delete, %d listener threads".formatted(THREADS);
  }

  @Override
  void append(int number) {
    context().publishEvent(PeerEvent.number(number));
  }

  @Override
  String tables() {
    return "event_publication";
  }

  @Override
  public AutoCloseable relay(Sink sink) {
    listener.sink = sink;
    listener.gate.open = true;
    context()
        .getBean(IncompleteEventPublications.class)
        .resubmitIncompletePublicationsOlderThan(Duration.ZERO);
    return () -> listener.gate.open = false;
  }
}
