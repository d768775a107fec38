package io.rowpost.testservers;

import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.security.auth.AuthenticationContext;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.KafkaPrincipalBuilder;
import org.apache.kafka.common.security.auth.KafkaPrincipalSerde;

/**
 * Names who connects after the listener that it came through, so that a broker without logins can
 * forbid to its clients what it lets the administrator do. Made by the broker, in its own JVM.
 */
public final class ListenerPrincipal implements KafkaPrincipalBuilder, KafkaPrincipalSerde {

  @Override
  public KafkaPrincipal build(AuthenticationContext context) {
    return new KafkaPrincipal(KafkaPrincipal.USER_TYPE, context.listenerName());
  }

  @Override
  public byte[] serialize(KafkaPrincipal principal) {
    return principal.getName().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public KafkaPrincipal deserialize(byte[] bytes) {
    return new KafkaPrincipal(KafkaPrincipal.USER_TYPE, new String(bytes, StandardCharsets.UTF_8));
  }
}
