/* The one table of what people are told. The law's words where it has some: 行政許可法 32 (受理, 補正), 38 (reasons and
 * remedies of a refusal), 42 (延長), 45 (special procedures and how long), 44 (送達); 行政復議法 20 (sixty days), 行政訴訟法 46 (six
 * months). Short: most of it is read on a telephone. */
#include "notice/words.h"

#define PARTY (1u << AUDIENCE_PARTY)
#define WINDOW (1u << AUDIENCE_WINDOW)
#define DEPARTMENT (1u << AUDIENCE_DEPARTMENT)
#define SUPERVISOR (1u << AUDIENCE_SUPERVISOR)

const char *const notice_languages[LANGUAGE_COUNT] = {"zh-Hant", "zh-Hans", "en"};

/* How most begin: the thing, and its number. */
#define HANT "「${thing}」（流水號${case}）"
#define HANS "“${thing}”（流水号${case}）"
#define EN "“${thing}” (no. ${case})"
#define LOOK_HANT "[查詢：${query}]"
#define LOOK_HANS "[查询：${query}]"
#define LOOK_EN "[ See: ${query}]"
#define REMEDY_HANT "如不服，可自知道之日起六十日內申請行政復議，或六個月內提起行政訴訟。"
#define REMEDY_HANS "如不服，可自知道之日起六十日内申请行政复议，或六个月内提起行政诉讼。"
#define REMEDY_EN " You may ask for an administrative review within 60 days of learning of this, or go to court within six months."

const struct notice_words notice_words[NOTICE_KIND_COUNT] = {
    [NOTICE_ACCEPTED] = {
        PARTY,
        {"受理通知", "受理通知", "Accepted"},
        {"您辦理的" HANT "已於${at}受理[，承諾${due}前辦結]。後續由各部門自行銜接，您不必來回跑；需要您做什麼，我們會通知您。" LOOK_HANT,
         "您办理的" HANS "已于${at}受理[，承诺${due}前办结]。后续由各部门自行衔接，您不必来回跑；需要您做什么，我们会通知您。" LOOK_HANS,
         "Your application " EN " was accepted on ${at}[; we promise to finish it by ${due}]. The departments hand it on among "
         "themselves. Should anything be needed of you, we will tell you." LOOK_EN},
        {NULL}},
    [NOTICE_NOT_ACCEPTED] = {
        PARTY | WINDOW,
        {"不予受理通知", "不予受理通知", "Not accepted"},
        {"您辦理的" HANT "中，[${department}對]「${item}」不予受理[，理由：${reason}]。" REMEDY_HANT LOOK_HANT,
         "您办理的" HANS "中，[${department}对]“${item}”不予受理[，理由：${reason}]。" REMEDY_HANS LOOK_HANS,
         "In your application " EN ", “${item}” was not accepted[ by ${department}][: ${reason}]." REMEDY_EN LOOK_EN},
        {HANT "：[${department}對]「${item}」不予受理[，理由：${reason}]。", HANS "：[${department}对]“${item}”不予受理[，理由：${reason}]。",
         EN ": “${item}” was not accepted[ by ${department}][: ${reason}]."}},
    [NOTICE_CORRECTION] = {
        PARTY | WINDOW,
        {"補正告知", "补正告知", "Please correct"},
        {"您辦理的" HANT "需要補正。[${department}]就「${item}」一次告知[：${what}]。請一次補齊；補齊前不起算辦理時限。" LOOK_HANT,
         "您办理的" HANS "需要补正。[${department}]就“${item}”一次告知[：${what}]。请一次补齐；补齐前不起算办理时限。" LOOK_HANS,
         "Your application " EN " needs a correction. All that is missing for “${item}”[ (${department})][: ${what}]. Please send it "
         "together; the time for handling it does not run before." LOOK_EN},
        {HANT "：[${department}]就「${item}」告知補正[：${what}]。請協助當事人一次補齊。",
         HANS "：[${department}]就“${item}”告知补正[：${what}]。请协助当事人一次补齐。",
         EN ": a correction for “${item}” is asked[ by ${department}][: ${what}]. Please help the party send it at once."}},
    [NOTICE_CORRECTION_DUE] = {
        PARTY | WINDOW,
        {"補正提醒", "补正提醒", "Reminder: please correct"},
        {"提醒：您辦理的" HANT "自${at}起等您補正「${item}」[：${what}]。補齊後即可繼續辦理。" LOOK_HANT,
         "提醒：您办理的" HANS "自${at}起等您补正“${item}”[：${what}]。补齐后即可继续办理。" LOOK_HANS,
         "Reminder: your application " EN " has been waiting for your correction of “${item}” since ${at}[: ${what}]. It goes on as "
         "soon as you have sent it." LOOK_EN},
        {HANT "：自${at}起等當事人補正「${item}」，尚未收到。", HANS "：自${at}起等当事人补正“${item}”，尚未收到。",
         EN ": the correction of “${item}” asked on ${at} has not come."}},
    [NOTICE_MATERIAL_ASKED] = {
        PARTY | WINDOW,
        {"請提交材料", "请提交材料", "Please bring a document"},
        {"您辦理的" HANT "需要「${material}」，未能通過數據共享取得[（${reason}）]，請您提交。" LOOK_HANT,
         "您办理的" HANS "需要“${material}”，未能通过数据共享取得[（${reason}）]，请您提交。" LOOK_HANS,
         "Your application " EN " needs “${material}”. It could not be fetched for you[ (${reason})]; please send it." LOOK_EN},
        {HANT "：「${material}」未能通過數據共享取得[（${reason}）]，請當事人提交。",
         HANS "：“${material}”未能通过数据共享取得[（${reason}）]，请当事人提交。",
         EN ": “${material}” could not be fetched[ (${reason})]; the party has to send it."}},
    [NOTICE_MATERIAL_LATER] = {
        PARTY,
        {"容缺受理：請補交材料", "容缺受理：请补交材料", "A document may come later"},
        {"您辦理的" HANT "已容缺受理，請[於${due}前]補交「${material}」。逾期未交的，相關事項可能不予許可。" LOOK_HANT,
         "您办理的" HANS "已容缺受理，请[于${due}前]补交“${material}”。逾期未交的，相关事项可能不予许可。" LOOK_HANS,
         "Your application " EN " went ahead without “${material}”. Please send it[ by ${due}]; without it, what depends on it may be "
         "refused." LOOK_EN},
        {NULL}},
    [NOTICE_MATERIAL_MISSED] = {
        PARTY | WINDOW,
        {"容缺材料逾期", "容缺材料逾期", "A document has not come"},
        {"您辦理的" HANT "中，容缺的「${material}」逾期未交，相關事項按事先告知的後果處理。如有困難，請聯繫窗口。" LOOK_HANT,
         "您办理的" HANS "中，容缺的“${material}”逾期未交，相关事项按事先告知的后果处理。如有困难，请联系窗口。" LOOK_HANS,
         "“${material}” of your application " EN " did not come in time; what was announced for this case now applies. If you have "
         "difficulties, please speak to the window." LOOK_EN},
        {HANT "：容缺的「${material}」逾期未交。", HANS "：容缺的“${material}”逾期未交。", EN ": “${material}” did not come in time."}},
    [NOTICE_SIGNATURE] = {
        PARTY,
        {"請簽署", "请签署", "Please sign"},
        {HANT "等您以[${party}]身份簽署。請憑流水號和您自己的查詢碼在網上簽署，或到窗口辦理。全部當事人簽署後自動往下辦。" LOOK_HANT,
         HANS "等您以[${party}]身份签署。请凭流水号和您自己的查询码在网上签署，或到窗口办理。全部当事人签署后自动往下办。" LOOK_HANS,
         EN " waits for your signature[ as ${party}]. Sign online with the number and your own query code, or at the window. It goes "
         "on by itself when everybody has signed." LOOK_EN},
        {NULL}},
    [NOTICE_CONTACT] = {
        PARTY,
        {"聯絡方式已更改", "联系方式已更改", "Your contact was changed"},
        {HANT "的聯絡方式已於${at}更改，今後的通知發到這裡。如非您本人所改，請聯繫窗口。" LOOK_HANT,
         HANS "的联系方式已于${at}更改，今后的通知发到这里。如非您本人所改，请联系窗口。" LOOK_HANS,
         EN ": how you are reached was changed on ${at}; you are told here from now on. If it was not you, please call the window." LOOK_EN},
        {NULL}},
    [NOTICE_RECTIFY] = {
        PARTY | WINDOW,
        {"現場核驗整改通知", "现场核验整改通知", "Please put right what was found"},
        {"您辦理的" HANT "現場核驗後需要整改。[${department}]就「${item}」告知[：${what}]。[請於${due}前整改完畢。]完成後請告知，將再次核驗。" LOOK_HANT,
         "您办理的" HANS "现场核验后需要整改。[${department}]就“${item}”告知[：${what}]。[请于${due}前整改完毕。]完成后请告知，将再次核验。" LOOK_HANS,
         "The inspection for your application " EN " found what has to be put right for “${item}”[ (${department})][: ${what}].[ Please do so "
         "by ${due}.] Tell us when it is done; it will be inspected again." LOOK_EN},
        {HANT "：[${department}]現場核驗「${item}」，需整改[：${what}][，${due}前]。", HANS "：[${department}]现场核验“${item}”，需整改[：${what}][，${due}前]。",
         EN ": “${item}” has to be put right after the inspection[ of ${department}][: ${what}][, by ${due}]."}},
    [NOTICE_TURN] = {
        PARTY,
        {"輪到您了", "轮到您了", "It is your turn"},
        {HANT "輪到您了：${step}[，請於${due}前完成]。完成後自動往下辦，您所用的時間不計入承諾時限。" LOOK_HANT,
         HANS "轮到您了：${step}[，请于${due}前完成]。完成后自动往下办，您所用的时间不计入承诺时限。" LOOK_HANS,
         EN ": it is your turn: ${step}[, please by ${due}]. It goes on by itself afterwards; your time does not count against our "
         "promise." LOOK_EN},
        {NULL}},
    [NOTICE_SPECIAL_STARTED] = {
        PARTY,
        {"特別程序告知", "特别程序告知", "A special procedure begins"},
        {"您辦理的" HANT "中，「${item}」需要${procedure}[，約需${days}日][，原因：${reason}]，所需時間不計入辦理時限，特此告知。" LOOK_HANT,
         "您办理的" HANS "中，“${item}”需要${procedure}[，约需${days}日][，原因：${reason}]，所需时间不计入办理时限，特此告知。" LOOK_HANS,
         "“${item}” of your application " EN " needs a special procedure: ${procedure}[, about ${days} days][, because: ${reason}]. "
         "This time does not count against the limit." LOOK_EN},
        {NULL}},
    [NOTICE_SPECIAL_ENDED] = {
        PARTY,
        {"特別程序結束", "特别程序结束", "A special procedure has ended"},
        {"您辦理的" HANT "中，「${item}」的特別程序[（${procedure}）]已結束，繼續辦理[，承諾${due}前辦結]。" LOOK_HANT,
         "您办理的" HANS "中，“${item}”的特别程序[（${procedure}）]已结束，继续办理[，承诺${due}前办结]。" LOOK_HANS,
         "The special procedure[ (${procedure})] for “${item}” of your application " EN " has ended; it goes on[ and is promised by "
         "${due}]." LOOK_EN},
        {NULL}},
    [NOTICE_EXTENDED] = {
        PARTY | SUPERVISOR,
        {"延長告知", "延长告知", "Extended"},
        {"您辦理的" HANT "中，「${item}」經批准延長${days}個工作日[，理由：${reason}]，特此告知（行政許可法第四十二條）。" LOOK_HANT,
         "您办理的" HANS "中，“${item}”经批准延长${days}个工作日[，理由：${reason}]，特此告知（行政许可法第四十二条）。" LOOK_HANS,
         "“${item}” of your application " EN " was extended by ${days} working days[, because: ${reason}] (Administrative Licence Law, "
         "article 42)." LOOK_EN},
        {HANT "：「${item}」延長${days}個工作日[，理由：${reason}]。", HANS "：“${item}”延长${days}个工作日[，理由：${reason}]。",
         EN ": “${item}” was extended by ${days} working days[, because: ${reason}]."}},
    [NOTICE_REFUSED] = {
        PARTY | WINDOW,
        {"不予許可決定", "不予许可决定", "Refused"},
        {"您辦理的" HANT "中，[${department}對]「${item}」決定不予許可[，理由：${reason}]。" REMEDY_HANT LOOK_HANT,
         "您办理的" HANS "中，[${department}对]“${item}”决定不予许可[，理由：${reason}]。" REMEDY_HANS LOOK_HANS,
         "In your application " EN ", “${item}” was refused[ by ${department}][: ${reason}]." REMEDY_EN LOOK_EN},
        {HANT "：[${department}對]「${item}」不予許可[，理由：${reason}]。", HANS "：[${department}对]“${item}”不予许可[，理由：${reason}]。",
         EN ": “${item}” was refused[ by ${department}][: ${reason}]."}},
    [NOTICE_CLOSED] = {
        PARTY | WINDOW,
        {"辦結通知：${ending}", "办结通知：${ending}", "Finished: ${ending}"},
        {"您辦理的" HANT "已辦結：${ending}。[辦成：${granted}。][未辦成：${refused}。]請您評價本次服務。" LOOK_HANT,
         "您办理的" HANS "已办结：${ending}。[办成：${granted}。][未办成：${refused}。]请您评价本次服务。" LOOK_HANS,
         "Your application " EN " is finished: ${ending}.[ Done: ${granted}.][ Not done: ${refused}.] Please tell us how we did." LOOK_EN},
        {HANT "已辦結：${ending}。[未辦成：${refused}。]", HANS "已办结：${ending}。[未办成：${refused}。]",
         EN " is finished: ${ending}.[ Not done: ${refused}.]"}},
    [NOTICE_WITHDRAWN] = {
        PARTY | WINDOW,
        {"撤回通知", "撤回通知", "Withdrawn"},
        {"您辦理的" HANT "已按申請撤回。[已辦成的（${granted}）不受影響。]" LOOK_HANT,
         "您办理的" HANS "已按申请撤回。[已办成的（${granted}）不受影响。]" LOOK_HANS,
         "Your application " EN " was withdrawn, as asked.[ What had been done (${granted}) stays.]" LOOK_EN},
        {HANT "已按申請撤回。", HANS "已按申请撤回。", EN " was withdrawn, as asked."}},
    [NOTICE_DELIVERED] = {
        PARTY,
        {"送達通知", "送达通知", "Delivered"},
        {"您辦理的" HANT "的辦理結果已送達：${step}。如未收到，請聯繫窗口。" LOOK_HANT,
         "您办理的" HANS "的办理结果已送达：${step}。如未收到，请联系窗口。" LOOK_HANS,
         "The result of your application " EN " was delivered: ${step}. If you have not received it, please speak to the window." LOOK_EN},
        {NULL}},
    [NOTICE_YELLOW] = {
        DEPARTMENT,
        {"黃燈", "黄灯", "Yellow light"},
        {NULL},
        {HANT "：「${item}」的${clock}時限[將於${due}]到期，請抓緊辦理。", HANS "：“${item}”的${clock}时限[将于${due}]到期，请抓紧办理。",
         EN ": the ${clock} limit of “${item}” ends[ on ${due}]."}},
    [NOTICE_RED] = {
        DEPARTMENT | SUPERVISOR,
        {"紅燈：超過承諾", "红灯：超过承诺", "Red light: past the promise"},
        {NULL},
        {HANT "：「${item}」已超過承諾時限[（${due}）][，承辦：${department}]。", HANS "：“${item}”已超过承诺时限[（${due}）][，承办：${department}]。",
         EN ": “${item}” is past its promise[ (${due})][; ${department}]."}},
    [NOTICE_DEEP_RED] = {
        PARTY | DEPARTMENT | SUPERVISOR,
        {"逾期告知：超過法定時限", "逾期告知：超过法定时限", "Overdue: past the legal limit"},
        {"很抱歉：您辦理的" HANT "中，「${item}」已超過法定時限[（${due}）]。已督促[${department}]儘快辦理。您可以撥打12345投訴。" LOOK_HANT,
         "很抱歉：您办理的" HANS "中，“${item}”已超过法定时限[（${due}）]。已督促[${department}]尽快办理。您可以拨打12345投诉。" LOOK_HANS,
         "We are sorry: “${item}” of your application " EN " is past its legal limit[ (${due})].[ ${department} has been urged.] You may "
         "complain by calling 12345." LOOK_EN},
        {HANT "：「${item}」已超過法定時限[（${due}）][，承辦：${department}]。", HANS "：“${item}”已超过法定时限[（${due}）][，承办：${department}]。",
         EN ": “${item}” is past its legal limit[ (${due})][; ${department}]."}},
};
