package scenario.recipes;

import io.rowpost.core.FailureClass;
import io.rowpost.core.Message;
import io.rowpost.core.MessagePublisher;
import io.rowpost.core.PublishException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

/** A broker for which there is no adapter: a publisher of your own. */
final class WebHook {
  private WebHook() {}

  // [publisher]
  static MessagePublisher at(URI base) {
    HttpClient client = HttpClient.newHttpClient();
    return message ->
        client
            .sendAsync(request(base, message), BodyHandlers.discarding())
            .thenAccept(answer -> requireTaken(answer.statusCode()));
  }

  private static HttpRequest request(URI base, Message message) {
    return HttpRequest.newBuilder(base.resolve(message.topic()))
        .header("Message-Id", message.id())
        .header("Message-Type", message.type())
        .header("Content-Type", message.contentType())
        .timeout(Duration.ofSeconds(5))
        .POST(BodyPublishers.ofByteArray(message.payload()))
        .build();
  }

  private static void requireTaken(int status) {
    if (status >= 300) {
      FailureClass blamed =
          switch (status) {
            case 400, 413, 415, 422 -> FailureClass.RECORD;
            case 401, 403, 404, 410 -> FailureClass.DESTINATION;
            default -> FailureClass.BROKER;
          };
      throw new PublishException(blamed, "The hook answered " + status, "see its log.", null);
    }
  }

  // [publisher]
}
