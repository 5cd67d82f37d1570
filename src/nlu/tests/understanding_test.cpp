#include "nlu/understanding.hpp"

#include <gtest/gtest.h>

#include "text/text.hpp"

namespace zk::nlu {
namespace {

TEST(WantsPerson, ManyWaysOfAsking) {
  for (const char* s :
       {"转人工", "人工", "别跟我扯了叫个活人来", "我不想和机器说话，让你们的人来",
        "能不能换个懂的人来跟我说", "帮我转接一下真人", "跟你说不清楚，叫你们领导来", "我要跟你们经理谈",
        "有没有人在啊，来个人跟我说", "I want to speak to a human being please",
        "Can you transfer me to an agent?", "get me your manager", "怎么转人工客服"})
    EXPECT_TRUE(wants_person(text::normalise(s))) << s;
}

TEST(WantsPerson, NotAQuestionAboutPeople) {
  for (const char* s : {"人工客服几点上班", "客服电话是多少", "人工费多少钱", "人工智能音箱怎么连网",
                        "安装师傅什么时候来", "退款多久到账", "找不到发票在哪下载", "我要换货"})
    EXPECT_FALSE(wants_person(text::normalise(s))) << s;
}

TEST(Urgency, ReportsAreUrgentQuestionsAreNot) {
  const auto of = [](const char* s) { return urgency(text::normalise(s)); };
  EXPECT_EQ(of("充电宝鼓包了还在冒烟"), Urgency::kDanger);
  EXPECT_EQ(of("家里有很重的煤气味，我头晕"), Urgency::kDanger);
  EXPECT_EQ(of("电梯停了我被困在里面"), Urgency::kDanger);
  EXPECT_EQ(of("孩子误吞了纽扣电池"), Urgency::kDanger);
  EXPECT_EQ(of("有人正在用我的卡刷钱"), Urgency::kFraud);
  EXPECT_EQ(of("骗子让我共享屏幕，我把验证码告诉他了"), Urgency::kFraud);
  EXPECT_EQ(of("我不想活了"), Urgency::kSelfHarm);
  EXPECT_EQ(of("再不解决我就找记者曝光"), Urgency::kRegulator);
  EXPECT_EQ(of("我要去12315投诉你们"), Urgency::kRegulator);
  for (const char* s : {"被盗刷了保险赔多少", "漏电保护怎么选", "打不着火怎么叫救援", "密码填123456不行",
                        "跳楼机几点开", "退款多久到账", "地址填错了气炸了"})
    EXPECT_EQ(of(s), Urgency::kNone) << s;
  EXPECT_EQ(priority(Urgency::kDanger), 3);
}

TEST(SmallTalk, WholeMessagesOnly) {
  const auto of = [](const char* s) { return small_talk(text::normalise(s)); };
  EXPECT_EQ(of("你好"), SmallTalk::kGreeting);
  EXPECT_EQ(of("您好，在吗？"), SmallTalk::kGreeting);
  EXPECT_EQ(of("谢谢啦😊"), SmallTalk::kThanks);
  EXPECT_EQ(of("好的，谢谢，再见"), SmallTalk::kThanks);
  EXPECT_EQ(of("嗯嗯知道了"), SmallTalk::kAcknowledge);
  EXPECT_EQ(of("没有了，再见"), SmallTalk::kBye);
  EXPECT_EQ(of("你是机器人吗"), SmallTalk::kWhoAreYou);
  for (const char* s : {"辛苦啦", "好的我知道了", "拜拜啦", "没别的事了", "那我就放心了", "在不在呀"})
    EXPECT_NE(of(s), SmallTalk::kNone) << s;
  EXPECT_EQ(of("这样可以？"), SmallTalk::kNone);
  EXPECT_EQ(of("？？"), SmallTalk::kEmpty);
  EXPECT_EQ(of("😡"), SmallTalk::kEmpty);
  for (const char* s : {"你好我想退货", "谢谢，那运费谁出", "好的那怎么申请", "不错的话能换颜色吗",
                        "hello where is my order"})
    EXPECT_EQ(of(s), SmallTalk::kNone) << s;
}

TEST(Sentiment, Order) {
  EXPECT_LT(sentiment("太差劲了！！等了半天没人管😡"), -0.5);
  EXPECT_GT(sentiment("太好了谢谢你😊"), 0.5);
  EXPECT_EQ(sentiment("退款多久到账"), 0.0);
  EXPECT_TRUE(is_abusive("你们这帮骗子傻逼"));
}

std::string show(const std::vector<Entity>& list) {
  std::string out;
  for (const auto& e : list) out += std::string(to_string(e.kind)) + "=" + e.value + " ";
  return out;
}

TEST(Entities, ResolvedAgainstTheClock) {
  const auto now = from_iso8601("2026-11-23T20:00:00Z").value();  // a Tuesday, 04:00 in China
  const auto of = [&](const char* s) { return show(entities(s, now, 8 * 60, {"四件套", "香薰"})); };
  EXPECT_EQ(of("昨天买的四件套199元，订单号202611230001234"),
            "date=2026-11-23 product=四件套 amount=199.00 order_number=202611230001234 ");
  EXPECT_EQ(of("上周三下的单3天前发货"), "date=2026-11-18 date=2026-11-21 ");
  EXPECT_EQ(of("11月11号买了两件"), "date=2026-11-11 quantity=2 ");
  EXPECT_EQ(of("12月30日买的"), "date=2026-12-30 ");
  EXPECT_EQ(of("7月1日买的"), "date=2026-07-01 ");
  EXPECT_EQ(of("寄到新疆多少钱"), "place=新疆 ");
  EXPECT_EQ(of("我的电话13812345678"), "");
  EXPECT_EQ(of("扣了我1.2万"), "");
  EXPECT_EQ(of("扣了我1.2万元"), "amount=12000.00 ");
}

TEST(Questions, CutWhereANewOneBegins) {
  EXPECT_EQ(questions("买一千送几分？这些分放一年会没掉吗").size(), 2u);
  EXPECT_EQ(questions("运费怎么算，另外今天付款能当天寄吗").size(), 2u);
  EXPECT_EQ(questions("退款多久到账？").size(), 1u);
  EXPECT_EQ(questions("你好，我昨天买的衣服，还有发票怎么开").size(), 1u);
}

}  // namespace
}  // namespace zk::nlu
