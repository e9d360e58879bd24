/** Expressions to compare: those people write, those the manual page shows, and those its grammar allows. */

/** One a line; every one is tried on every link type. */
const written = `
ip
ip6
arp
rarp
tcp
udp
sctp
icmp
icmp6
igmp
igrp
pim
vrrp
carp
ah
esp
atalk
aarp
decnet
lat
sca
moprc
mopdl
iso
esis
es-is
isis
is-is
clnp
l1
l2
iih
lsp
snp
csnp
psnp
stp
ipx
netbeui
ether
link
radio
llc
llc i
llc s
llc u
llc rr
llc rnr
llc rej
llc ui
llc ua
llc disc
llc dm
llc sabme
llc test
llc xid
llc frmr
llc nonsense

host 10.0.0.1
src host 10.0.0.1
dst host 10.0.0.1
src 10.0.0.1
dst 10.0.0.1
src or dst host 10.0.0.1
src and dst host 10.0.0.1
dst or src 10.0.0.1
dst and src 10.0.0.1
src or src 10.0.0.1
ip host 10.0.0.1
ip src 10.0.0.1
ip6 host 10.0.0.1
arp host 10.0.0.1
arp src host 10.0.0.1
arp dst 10.0.0.2
rarp host 10.0.0.2
rarp src 10.1.2.3
tcp host 10.0.0.1
tcp src 10.0.0.1
udp host 10.0.0.1
icmp host 10.0.0.1
ether host 10.0.0.1
link host 10.0.0.1
host 10
host 10.0
host 10.0.1
host 167772161
host 0x0a000001
host 012
host 10.0.0.256
host 10.0.0.1/8
host 2001:db8::1
src host 2001:db8::1
dst 2001:db8::2
ip6 host 2001:db8::1
ip6 src fe80::1
ip6 dst ff02::fb
ip host 2001:db8::1
arp host 2001:db8::1
host 2001:db8::1/64
src and dst host 2001:db8::1
host ::
host ::ffff:10.0.0.1
host 2001:db8:1:2:3:4:5:6
host 10.0.0.1 or 10.0.0.2
host 10.0.0.1 and 10.0.0.2
host 10.0.0.1 or host 10.0.0.2 or host 10.1.2.3
host 10.0.0.1 and not 10.0.0.2
host 10.0.0.1 and (10.0.0.2 or 10.1.2.3)
host (10.0.0.1 or 10.0.0.2)
host 10.0.0.1 or 2001:db8::1
not host 10.0.0.1
! host 10.0.0.1
host not 10.0.0.1
src host 10.0.0.1 and dst host 10.0.0.2
src 10.0.0.1 and dst port 80
(src 10.0.0.1 and dst 10.0.0.2) or (src 10.0.0.2 and dst 10.0.0.1)
ip host 10.0.0.1 and not 10.0.0.2
host localhost
host ip6-localhost
host no.such.host.invalid

net 10.0.0.0/8
net 10.0.0.0/0
net 0.0.0.0/0
net 10.0.0.0/24
net 10.0.0.1/32
net 10.0.0.1/24
net 10.0.0.0/33
net 10
net 10.0
net 10.0.0
net 192.168
net 192.168.1
net 224.0.0.0/4
src net 10.0.0.0/8
dst net 192.168.1.0/24
src and dst net 10.0.0.0/8
net 10.0.0.0 mask 255.0.0.0
net 10.0.0.0 mask 255.255.255.0
net 10.0.0.1 mask 255.0.0.0
net 10 mask 255
net 10.0 mask 255.255
ip net 10.0.0.0/8
arp net 10.0.0.0/8
ip6 net 10.0.0.0/8
net 2001:db8::/32
net 2001:db8::/127
net ::/0
net 2001:db8::1/32
net 2001:db8::/129
ip6 net 2001:db8::/32
src net fe80::/10
dst net ff00::/8
ip net 2001:db8::/32
net 10.0.0.0/8 or 192.168.0.0/16
net 10.0.0.0/8 or net 192.168.0.0/16 or net 172.16.0.0/12
not net 10.0.0.0/8
src net 10.0.0.0/8 and not dst net 10.0.0.0/8
net loopback
net nonsense
ether net 10
tcp net 10

port 80
src port 80
dst port 443
src or dst port 53
src and dst port 53
tcp port 80
udp port 53
sctp port 80
tcp src port 80
udp dst port 53
tcp dst port 22
icmp port 80
ip port 80
ip6 port 80
arp port 80
port 0
port 65535
port 65536
port 80 or 443
port 80 or port 443
tcp port 80 or 443
tcp port 80 or 443 or 8080
tcp port (80 or 443)
port (80 or 443) and host 10.0.0.1
not port 22
not (port 22 or port 53)
port not 22
port http
port https
port domain
tcp port domain
udp port domain
udp port http
tcp port http or https
port no-such-service
port 10.0.0.1
portrange 80-90
portrange 22-443
portrange 443-22
portrange 80
portrange 80-70000
portrange 0-65535
src portrange 1024-65535
dst portrange 1-1023
src and dst portrange 1-1023
tcp portrange 80-443
udp portrange 53-6081
sctp portrange 1-100
icmp portrange 1-2
portrange http-https
portrange ssh-http
portrange domain-http
portrange 10.0.0.1
port 80 and not 443
port ssh and host 10.0.0.1
tcp port 80 and host 10.0.0.1 and not net 192.168.0.0/16
host 10.0.0.1 and port 80 or 443
tcp and port 80
udp and port 80
tcp or udp
tcp or udp or icmp
ip and tcp and port 80
ip6 and tcp port 80
not tcp and not udp
icmp or arp
icmp or icmp6
arp or rarp
ip or ip6
not ip
not arp and not ip6
not (tcp or udp or arp)

proto 6
proto 17
ip proto 6
ip6 proto 6
ip6 proto 58
ip proto \\tcp
ip proto \\udp
ip6 proto \\icmp
proto \\icmp
proto \\sctp
ip proto tcp
ip proto ospf
ip proto nonsense
proto 300
proto 10.0.0.1
src proto 6
tcp proto 6
arp proto 6
ether proto 0x0800
ether proto 2048
ether proto \\ip
ether proto \\arp
ether proto \\ip6
ether proto \\rarp
ether proto \\decnet
ether proto \\iso
ether proto \\stp
ether proto \\ipx
ether proto \\netbeui
ether proto loopback
ether proto nonsense
ether proto 0x88cc
ether proto 6
ether proto 66
ether proto 1500
ether proto 1501
link proto 0x0800
iso proto \\esis
iso proto \\isis
iso proto \\clnp
iso proto 131
iso proto nonsense
isis proto 15
stp proto 1
proto 6 or 17
ip proto 6 or 17
ether proto \\ip or \\arp

ether host 00:00:5e:00:53:01
ether src 00:00:5e:00:53:01
ether dst 00:00:5e:00:53:02
ether src host 00:00:5e:00:53:01
ether src and dst 00:00:5e:00:53:01
ether host 00-00-5e-00-53-01
ether host 00.00.5e.00.53.01
ether host 0000.5e00.5301
ether host 00005e005301
ether host 0:0:5e:0:53:1
ether host 00:00:5e:00:53
ether host 00:00:5e:00:53:01:02
host 00:00:5e:00:53:01
src 00:00:5e:00:53:01
ip host 00:00:5e:00:53:01
wlan host 00:00:5e:00:53:01
wlan src 00:00:5e:00:53:01
wlan dst 00:00:5e:00:53:01
wlan addr1 00:00:5e:00:53:01
wlan addr2 00:00:5e:00:53:01
wlan addr3 00:00:5e:00:53:01
wlan addr4 00:00:5e:00:53:01
wlan address1 00:00:5e:00:53:01
wlan ra 00:00:5e:00:53:01
wlan ta 00:00:5e:00:53:01
addr1 10.0.0.1
ra 10.0.0.1
addr1 port 80
ether host 00:00:5e:00:53:01 or 00:00:5e:00:53:02
ether host nonsense
ether broadcast
ether multicast
broadcast
multicast
ip broadcast
ip multicast
ip6 multicast
ip6 broadcast
arp broadcast
tcp multicast
not broadcast and not multicast
broadcast or multicast
ether multicast and not broadcast

less 60
greater 60
less 0
greater 0
greater 4294967295
len = 60
len > 60
len >= 60
len < 60
len <= 60
len != 60
length > 100
len + 14 > 100
len - 14 > 100
len % 2 = 0
len & 1 != 0
len / 2 < 50
60 < len
60 = len
60 >= len
100 - len > 10
byte 0 = 0
byte 12 = 8
byte 12 > 8
byte 12 < 9
byte 0 | 0
byte 4294967295 = 0

ip[0] = 0x45
ip[0] & 0xf != 5
ip[0] & 0xf > 5
(ip[0] & 0xf) > 5
ip[8] < 5
ip[8] = 64
ip[9] = 6
ip[9:1] = 6
ip[2:2] > 576
ip[2:2] >= 40 and ip[2:2] <= 100
ip[6:2] & 0x1fff = 0
ip[6:2] & 0x1fff != 0
ip[6] & 0x20 != 0
ip[6] = 64
ip[12:4] = 0x0a000001
ip[12:4] = 167772161
ip[16:4] & 0xff000000 = 0x0a000000
ip[12:3] = 1
ip[0:8] = 1
ip[0:4] & 0xffff0000 = 0x45000000
ip[12:4] & 0xffffffff = 0
ip[12:4] & 0xffffffff != 0
ip[1] & 0xfc == 0xb8
ip6[6] = 6
ip6[6] == 58
ip6[0] & 0xf0 = 0x60
ip6[40] = 128
ip6[7] < 64
ether[0] & 1 = 0
ether[0] & 1 = 0 and ip[16] >= 224
ether[12:2] = 0x0800
ether[12:2] > 1500
ether[0:4] = 0xffffffff
ether[6:4] = 0x00005e00 and ether[10:2] = 0x5301
link[0] != 0
ether[20:2] = 5
ether[14:4] != 0
arp[6:2] = 1
arp[6:2] = 2
arp[7] = 1
rarp[6:2] = 3
tcp[13] = 2
tcp[13] & 2 != 0
tcp[13] & 2 = 2
tcp[13] == 18
tcp[13] & 7 != 0
tcp[13] & (2|1|4) != 0
tcp[tcpflags] & tcp-syn != 0
tcp[tcpflags] & (tcp-syn|tcp-fin) != 0
tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn
tcp[tcpflags] & (tcp-syn|tcp-ack) == (tcp-syn|tcp-ack)
tcp[tcpflags] == tcp-rst
tcp[tcpflags] & tcp-rst != 0 or tcp[tcpflags] & tcp-fin != 0
tcp[tcpflags] & (tcp-urg|tcp-ece|tcp-cwr) != 0
tcp[tcpflags] & tcp-push != 0
tcp[0:2] = 80
tcp[2:2] = 443
tcp[0:2] = 80 or tcp[2:2] = 80
tcp[4:4] > 0x7fffffff
tcp[12] & 0xf0 > 0x50
tcp[12] >> 4 > 5
tcp[(tcp[12] & 0xf0) >> 2:4] = 0x47455420
tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420
tcp port 80 and tcp[((tcp[12:1] & 0xf0) >> 2):4] = 0x47455420
(((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)
tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)
tcp port 80 and ip[2:2] - ((ip[0]&0xf)<<2) - ((tcp[12]&0xf0)>>2) != 0
udp[0:2] = 53
udp[4:2] > 20
udp[8:2] & 0x8000 != 0
udp port 53 and udp[10] & 0x80 != 0
sctp[0:2] = 80
icmp[0] = 8
icmp[icmptype] = icmp-echo
icmp[icmptype] = icmp-echoreply or icmp[icmptype] = icmp-echo
icmp[icmptype] != icmp-echo and icmp[icmptype] != icmp-echoreply
icmp[icmptype] == icmp-unreach and icmp[icmpcode] == 3
icmp[0] == 3 or icmp[0] == 11
icmp6[icmp6type] = icmp6-echo
icmp6[icmp6type] == icmp6-neighborsolicit
icmp6[icmp6type] == icmp6-routeradvert or icmp6[icmp6type] == icmp6-routersolicit
icmp6[0] > 130
igmp[0] = 0x11
pim[0] = 1
vrrp[0] = 1
carp[0] = 1
igrp[0] = 1
ah[0] = 1
esp[0] = 1
atalk[0] = 1
decnet[0] = 1
lat[0] = 1
sca[0] = 1
moprc[0] = 1
mopdl[0] = 1
iso[0] = 1
stp[0] = 1
ipx[0] = 1
radio[0] = 1
tcp[13] & 2 != 0 and tcp[13] & 16 = 0
tcp[0] = 1 = 2
tcp[13]
tcp[13] &
1 = 1
1 = 2
1 > 2 or tcp
0 = 0 and tcp
5 + 3 = 8
2 * 3 + 1 = 7
7 % 4 = 3
1 << 4 = 16
256 >> 4 = 16
6 ^ 3 = 5
6 | 1 = 7
-1 = 0xffffffff
- 1 > 5
ip[0] * 2 + 1 = 139
ip[0] / 0 = 1
ip[0] % 0 = 1
ip[0] << 32 = 0
ip[0] >> 31 = 0
ip[0] & 0 = 0
ip[0] & 0 = 1
ip[0] ^ ip[0] = 0
ip[0] % 2 + 1 = 2
ip[0] + 1 % 2 = 70
ip[0] ^ 1 & 3 = 1
-ip[0] = 0xffffffbb
- ip[0] + 100 > 30
-(ip[0]) & 0xff = 0xbb
ip[8] - 1 > 62
ip[8] - 64 = 0
ip[8] + 1 = 65
ip[8] * ip[9] > 100
ip[8] + ip[9] > 70
ip[8] - ip[9] > 50
ip[8] > ip[9]
ip[8] >= ip[9]
ip[8] < ip[9]
ip[8] <= ip[9]
ip[8] = ip[9]
ip[8] != ip[9]
ip[12:4] = ip[16:4]
tcp[0:2] = tcp[2:2]
tcp[0:2] > tcp[2:2]
udp[0:2] < udp[2:2]
ip[2:2] = len - 14
ip[2:2] + 14 = len
ip[ip[0] & 0xf] = 0
ip[ip[8]:2] > 0
ip[(ip[0] & 0xf) << 2] = 0
ip[((ip[0] & 0xf) << 2) + 13] & 2 != 0
ip6[40 + ip6[41]] = 0
tcp[ip[0]] = 0
udp[udp[5]] = 0
ether[ip[0] - 0x45] & 1 = 0
ip[ip[0] - 70] = 5
ip[-1] = 0
ip[0xffffffff] = 0
tcp[-1] = 0
ip[100000] = 0
(ip[0] + 1) * (ip[8] + 2) > 4000
(ip[0] & 0xf) * 4 + (tcp[12] >> 4) * 4 < 60
((ip[0] + 1) ^ (ip[1] + 2)) % 5 = 2
(ip[1] | ip[8]) & (ip[9] | 1) != 0
ip[8] / ip[9] = 10
ip[9] % ip[8] = 6
1 << (ip[8] & 7) > 2
ip[0] + ip[1] + ip[2] + ip[3] > 200
ip[0] - (ip[1] - (ip[2] - ip[3])) > 10
((((ip[0] + 1) + 1) + 1) + 1) = 73
ip[2:2] - 20 > 100 or ip[2:2] - 20 < 50
tcp[13] & 0x12 = 0x12 or tcp[13] & 0x11 = 0x11
not ((not (tcp[0:2] != 0 * 6))) and (not (port 22 and portrange 1-100))

vlan
vlan 5
vlan 0
vlan 4095
vlan 4096
vlan (5)
vlan 5 or 6
vlan and vlan
vlan 5 and vlan 100
vlan and ip
vlan and tcp port 80
vlan 5 and host 10.0.0.1
vlan or tcp
not vlan
not vlan and tcp
tcp and vlan
tcp or vlan
(vlan and tcp) or udp
vlan and arp
vlan and ip6
vlan and vlan and ip
vlan and vlan and tcp port 80
vlan and (ip or ip6)
vlan and ether[16:2] = 0x0800
vlan and ip[8] = 64
vlan and not tcp
mpls
mpls 16
mpls 0
mpls 1048576
mpls and mpls
mpls and ip
mpls and tcp
mpls and tcp port 80
mpls 16 and mpls 1000 and ip6
mpls and host 10.0.0.1
mpls and arp
mpls and vlan
vlan and mpls
vlan and mpls and ip
pppoed
pppoes
pppoes 1
pppoes 0x1234
pppoes 65536
pppoes and ip
pppoes and tcp port 80
pppoes and ip6
pppoes and host 10.0.0.1
pppoes and mpls
pppoes and mpls and ip
pppoes 1 and tcp
vlan and pppoes
vlan and pppoes and ip
pppoed or pppoes
pppoes and arp
pppoes and ether host 00:00:5e:00:53:01
pppoes and vlan
geneve
geneve 5
geneve 16777216
geneve and ip
geneve and tcp port 80
geneve and host 10.0.0.1
geneve and ip6
geneve and arp
geneve and vlan
geneve and ether host 00:00:5e:00:53:01
geneve and broadcast
geneve 5 and udp
geneve and mpls
geneve and icmp
not geneve
geneve or tcp
tcp or geneve
geneve and (tcp or udp) and net 10.0.0.0/8

inbound
outbound
inbound and tcp
ifindex 1
ifindex 2 and ip
type mgt
type ctl
type data
type management
type control
type nonsense
type 0
type 4
type 8
type 12
type 16
type mgt subtype beacon
type mgt subtype probe-req
type mgt subtype nonsense
type ctl subtype rts
type ctl subtype ack
type data subtype qos-data
type data subtype null
type 0 subtype 0x80
type 0 subtype 1
type 12 subtype 0x80
subtype beacon
subtype rts
subtype qos
subtype data
subtype nonsense
subtype 0x80
wlan type mgt
dir nods
dir tods
dir fromds
dir dstods
dir 1
dir 4
dir nonsense
direction tods
type data and tcp port 80
type data and dir tods and host 10.0.0.1

protochain 6
ip protochain 6
ip6 protochain 6
protochain 17
ip6 protochain \\udp
protochain \\icmp
ip6 protochain 58
ip6 protochain 44
ip6 protochain 59
tcp protochain 6
arp protochain 6
not ip6 protochain 6
ip6 protochain 6 and host 2001:db8::1
vlan and ip6 protochain 6
gateway 10.0.0.1
gateway nonsense
decnet host 1.2
decnet src 1.2
decnet dst 1.3
decnet host 1026
decnet host nonsense
decnet src and dst 1.2
decnet net 1.2

and
or
not
(
)
()
tcp and
and tcp
tcp or
tcp udp
tcp not
not
not not tcp
not not not tcp
! ! tcp
(tcp
tcp)
((tcp))
(((tcp) and ((udp))))
((tcp) or udp) and ip
tcp && udp
tcp && port 80
tcp || udp
!tcp
!(tcp)
!tcp && !udp
tcp & udp
tcp and and udp
host
host and
port
net
src
dst
src src 10.0.0.1
src dst 10.0.0.1
host port 80
host host 10.0.0.1
port port 80
tcp tcp
tcp udp port 80
ip tcp
10.0.0.1
web
80
(80)
foo.bar
tcp.port == 80
ip.addr == 10.0.0.1
TCP
Port 80
TCP port 80
http
dns
host 10.0.0.1,10.0.0.2
port 80,443
tcp;udp
"tcp"
'tcp'
tcp[13
tcp[13]]
tcp[] = 1
tcp[13:] = 1
tcp[:2] = 1
tcp[13:2:2] = 1
tcp(13) = 1
tcp{13} = 1
vlan vlan
vlan 5 6
less
less tcp
less -1
greater 10.0.0.1
byte
byte 1
byte 1 = 
byte 1 == 1
byte 1 != 1
ether proto
proto
net 10.0.0.0/
net 10.0.0.0/x
net 10.0.0.0 mask
net 10.0.0.0 mask 8
net 10.0.0.0/8/8
net 10.0.0.0/8 mask 255.0.0.0
0x
0xg
08 = 8
09
4294967296 = 1
99999999999999999999 = 1
0x1ffffffff = 1
007 = 7
$1
host $1
host -1
host a_b
_foo
foo-
-
=
tcp =
= 1
1
1 =
1 + = 2
1 + 1
(1 + 1)
(1 + 1) = 2
((1 + 1)) = (2)
(1 = 1)
(1) = 1
host 1 = 1
port 80 + 1
port (80 + 1)
port 80 = 80
tcp or 80
tcp and 10.0.0.1
tcp port 80 and udp and 443
port 80 and (tcp) and 443
(port 80) or 443
port 80 or (443 or 22)
port 80 or (443 or tcp)
port (80 or tcp)
port (tcp or 80)
port ((80 or 443))
port (80) or (443)
port 80 and not (443 or 22)
host 10.0.0.1 and tcp port 80 or 443
not port 80 or 443
src or dst
src or dst or 10.0.0.1
src and dst port 80 or 443
tcp src or dst port 80
tcp src or dst 80
len
len >
len = len
len > len
lane
metac
vpi 1
vci 1
fisu
sio 1
opc 1
on eth0
ifname eth0
rset x
rnr 1
reason match
action pass
oam
connectmsg
vxlan
`;

export const expressions: readonly string[] = written
  .split('\n')
  .map((line) => line.replaceAll('\\\\', '\\'))
  .filter((line) => line !== '');
