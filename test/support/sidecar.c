/*
 * A mesh's proxy in miniature: what iptables redirects to it it hands on to where it was meant for, as a connection of
 * its own. Like Istio's it has one port for what comes in and one for what goes out, a user of its own whom no rule
 * applies to, and speaks with the application from 127.0.0.6.
 *   sidecar INBOUND OUTBOUND UID
 * SO_ORIGINAL_DST: linux/netfilter_ipv4.h
 */
#include <arpa/inet.h>
#include <linux/netfilter_ipv4.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int listener(const char *port) {
  struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
  int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(fd, (void *)&in, sizeof in) || listen(fd, 64)) fail("listen");
  return fd;
}

/* Until both sides have ended. */
static void relay(int a, int b) {
  struct pollfd ends[2] = {{a, POLLIN, 0}, {b, POLLIN, 0}};
  for (int open = 2; open > 0;) {
    if (poll(ends, 2, -1) < 0) return;
    for (int i = 0; i < 2; i++) {
      char bytes[4096];
      if (!ends[i].revents) continue;
      int to = i ? a : b, got = read(ends[i].fd, bytes, sizeof bytes);
      if (got > 0 && write(to, bytes, got) == got) continue;
      shutdown(to, SHUT_WR);
      ends[i].fd = -1;
      open--;
    }
  }
}

static void take(int peer, int is_inbound) {
  struct sockaddr_in meant, own = {.sin_family = AF_INET};
  socklen_t length = sizeof meant;
  if (getsockopt(peer, SOL_IP, SO_ORIGINAL_DST, &meant, &length)) fail("SO_ORIGINAL_DST");
  int out = socket(AF_INET, SOCK_STREAM, 0);
  inet_pton(AF_INET, "127.0.0.6", &own.sin_addr);
  if (is_inbound && bind(out, (void *)&own, sizeof own)) fail("bind");
  if (connect(out, (void *)&meant, sizeof meant)) fail("connect");
  relay(peer, out);
}

int main(int argc, char **argv) {
  if (argc != 4) return 2;
  signal(SIGCHLD, SIG_IGN);
  signal(SIGPIPE, SIG_IGN);
  struct pollfd ports[2] = {{listener(argv[1]), POLLIN, 0}, {listener(argv[2]), POLLIN, 0}};
  if (setuid(atoi(argv[3]))) fail("setuid");
  for (;;) {
    if (poll(ports, 2, -1) < 0) continue;
    for (int i = 0; i < 2; i++) {
      if (!ports[i].revents) continue;
      int peer = accept(ports[i].fd, 0, 0);
      if (peer >= 0 && fork() == 0) {
        take(peer, i == 0);
        _exit(0);
      }
      close(peer);
    }
  }
}
